/** A rung that is planned for about as much as before is the same rung. */
const SAME = 2;

/** A rung as it stands. */
export interface StandingRung {
  plannedBps: number;
  /** What the networks of its viewers carry, as far as they are known. */
  takersBps: readonly number[];
}

/**
 * Which standing rung each planned one is to be, so that its encoder goes on and its viewers need no keyframe: the one
 * that is planned for about as much, and else one that is left over and goes up or down with its viewers.
 * @param plannedBps best first
 * @param standing best first
 * @returns for each planned one an index of `standing`, ascending; `undefined` where it is new
 */
export function matchRungs(
  plannedBps: readonly number[],
  standing: readonly StandingRung[],
): readonly (number | undefined)[] {
  const last = plannedBps.length - 1;
  const bestOf = (capacityBps: number) => {
    const fitting = plannedBps.findIndex((bps) => bps <= capacityBps);
    return fitting < 0 ? last : fitting;
  };
  let from = 0;
  const found = plannedBps.map((bps, index): number | undefined => {
    const at = standing.findIndex(
      ({ plannedBps: before, takersBps }, i) =>
        i >= from &&
        alike(before, bps) &&
        // Where none of its viewers would stay it is not theirs.
        (takersBps.length === 0 || takersBps.some((each) => bestOf(each) === index)),
    );
    if (at < 0) return undefined;
    from = at + 1;
    return at;
  });
  // From below, for the lowest carries everybody.
  let below = standing.length;
  for (let index = last; index >= 0; index--) {
    const above = found.slice(0, index).findLast((at) => at !== undefined) ?? -1;
    if (found[index] === undefined && below - 1 > above) found[index] = below - 1;
    below = found[index] ?? below;
  }
  return found;
}

export function alike(aBps: number, bBps: number): boolean {
  return Math.max(aBps / bBps, bBps / aBps) < SAME;
}
