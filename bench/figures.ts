/** The value below which the share `q` (0..1) of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** The one in the middle, or the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Of rounds: what is usual, and between what it varies. */
export interface Range {
  median: number;
  least: number;
  most: number;
}

export function range(samples: readonly number[]): Range {
  return { median: median(samples), least: Math.min(...samples), most: Math.max(...samples) };
}

/** Of several rounds, each compared by itself. */
export interface Judged {
  median: number;
  worst: number;
}

export interface Trend {
  slope: number;
  /** Its standard error: about one in twenty is off by more than twice that. */
  error: number;
}

/** How much `y` grows with each `x`, by least squares; of one point alone it cannot be told, nor the error of two. */
export function leastSquares(points: readonly { x: number; y: number }[]): Trend {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const over = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const slope = under === 0 ? Number.NaN : over / under;
  const beside = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  const error = points.length > 2 ? Math.sqrt(beside / (points.length - 2) / under) : Number.NaN;
  return { slope, error };
}

export interface Spread {
  count: number;
  p50: number;
  /** Not of fewer samples than it takes for the figure to be another one than the greatest. */
  p95?: number;
  p99?: number;
}

const P95_FROM = 20;
const P99_FROM = 100;

export function spread(samples: readonly number[]): Spread {
  const { length: count } = samples;
  const at = (q: number) => Math.round(quantile(samples, q) * 10) / 10;
  return {
    count,
    p50: Math.round(median(samples) * 10) / 10,
    ...(count >= P95_FROM ? { p95: at(0.95) } : {}),
    ...(count >= P99_FROM ? { p99: at(0.99) } : {}),
  };
}

/** Columns wide enough for their words, numbers to the right; what is not there stays blank. */
export function table(header: string[], rows: (string | number | undefined)[][]): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => String(cell ?? "")))];
  const widths = header.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...cells.slice(1).map(line)].join("\n");
}
