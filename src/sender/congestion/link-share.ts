import type { ProbeResult } from "./probe-estimator.ts";

/** Ours, of a link that others use too. */
const HALF = 0.5;
const STEP = 0.05;
/** Who has so much of it may be alone: a tenth is never used, and the link is taken for faster where packets come unevenly. */
const ALONE = 0.7;
/** A probe that finds less than this of the link found another flow on it. */
const WHOLE = 0.85;

/**
 * How far a flow is below half of its link, 0 to 1. Two flows that see the same queue grow and fall alike, and so stay as
 * far from each other as chance put them, unless who has less grows faster.
 * @param linkBps what it carries of everybody's; `undefined` where that is not known
 */
export function isLesserBy(bitrateBps: number, linkBps: number | undefined): number {
  return linkBps === undefined ? 0 : rising((HALF * linkBps - bitrateBps) / (STEP * linkBps));
}

/** How far it is above, 0 to 1, where it is not alone. */
export function isGreaterBy(bitrateBps: number, linkBps: number | undefined): number {
  if (linkBps === undefined) return 0;
  const above = rising((bitrateBps - HALF * linkBps) / (STEP * linkBps));
  return above * rising((ALONE * linkBps - bitrateBps) / (STEP * linkBps));
}

/** What a full link let through of a probe beside another flow is not ours to have: it was pushed aside for as long as that. */
export function granted(found: ProbeResult, linkBps: number | undefined): ProbeResult {
  const { bitrateBps, full } = found;
  if (!full || bitrateBps === undefined || linkBps === undefined || bitrateBps >= WHOLE * linkBps) return found;
  return { ...found, bitrateBps: Math.min(bitrateBps, HALF * linkBps) };
}

function rising(by: number): number {
  return Math.min(Math.max(by, 0), 1);
}
