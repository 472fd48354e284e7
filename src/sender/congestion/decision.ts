import type { Probe } from "./probe.ts";

/** What bounds the rate now. */
export type Limit = "delay" | "loss" | "remb" | "maximum";

/** What the estimator wants done; the pacer takes it as it stands. */
export interface Decision {
  /** For everything that is sent: pictures, retransmissions, headers. */
  targetBps: number;
  /** What the link is thought to carry: more than the target while a queue is being drained. */
  estimateBps: number;
  /** At which the pacer lets go of what it paces. */
  pacingBps: number;
  /** The same of keyframes, several of which are no picture's size. */
  keyframePacingBps: number;
  /** The link is known to be about as fast as the target, so that what leaves is to be paced. */
  tight: boolean;
  limitedBy: Limit;
  /** The least of ten seconds up to the last that was measured, or a guess. */
  rttMs: number;
  /** The same of half a minute, as `queueMs` is counted from. */
  emptyRttMs: number;
  /** Whether `rttMs` was measured. */
  rttKnown: boolean;
  /**
   * 0 to 1, over the last seconds in which anything was sent, without keyframes and probes; of all packets where only
   * receiver reports tell of it.
   */
  lossFraction: number;
  /** Whether `lossFraction` was measured. */
  lossKnown: boolean;
  /** One-way delay above the least of the last half minute. */
  queueMs: number;
  /** Whether `queueMs` was measured: only transport-wide feedback tells of delays. */
  queueKnown: boolean;
  /** The estimate went down for silence, or over-use of a still picture; whether the link carries less is about to be asked. */
  doubted: boolean;
  /** The estimate went down for silence, and nothing was heard since: it tells nothing of what the link carries. */
  silent: boolean;
  /** For the playout-delay header extension, 0 to 500. */
  playoutMs: number;
  /** To be started once; only `tick` asks for one. */
  probe?: Probe;
}
