/** Rounded to what a person can tell apart, and a line of JSON need not say more than. */
export function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Of an empty list 0. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
