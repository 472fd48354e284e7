import { leastSquares } from "../figures.ts";

/** Of the time, at its beginning: what is made once and stays is no growth. */
const LEFT_OUT_SHARE = 1 / 6;

export interface Growth {
  mibPerHour: number;
  /** Were it more, so flat a line would be one in forty: two standard errors above. */
  atMostMibPerHour: number;
}

export function growthOf(samples: readonly { minute: number; mib: number }[]): Growth {
  const fromMinute = (samples.at(-1)?.minute ?? 0) * LEFT_OUT_SHARE;
  const points = samples
    .filter(({ minute }) => minute >= fromMinute)
    .map(({ minute, mib }) => ({ x: minute / 60, y: mib }));
  const { slope, error } = leastSquares(points);
  return { mibPerHour: slope, atMostMibPerHour: slope + 2 * error };
}
