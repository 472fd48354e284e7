/** What the bench says to the process of the viewers, and hears from it. */
export type ToViewers =
  | { type: "open"; viewer: number }
  | { type: "answer"; viewer: number; sdp: string }
  | { type: "measure"; rtpEpochMs: number }
  | { type: "report" };
export type FromViewers =
  | { type: "offer"; viewer: number; sdp: string }
  | { type: "connected"; viewer: number }
  | { type: "reported"; reception: Reception };

export interface Reception {
  bytes: number;
  lost: number;
  /** From the moment that a picture was encoded to each of its packets' arrival. */
  lagP50Ms: number;
  lagP99Ms: number;
}

/** One clock for all processes of this machine (CLOCK_MONOTONIC). */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
