import type { PlaybackStats } from "../../protocol/stats.ts";

type Counts = Pick<
  PlaybackStats,
  "framesReceived" | "framesDecoded" | "framesDropped" | "packetsLost" | "freezes" | "frozenMs"
>;

const NOTHING: Counts = { framesReceived: 0, framesDecoded: 0, framesDropped: 0, packetsLost: 0 };
/** A picture that stood so long until another connection brought the next was frozen; no browser counts that. */
const FREEZE_MS = 1_000;

/** Counts of a whole visit: a connection's own begin at zero, and a visit may take many. */
export class Tally {
  #past = NOTHING;
  /** Of the connection on show, as they were last read. */
  #last = NOTHING;
  #number: number | undefined;
  #readAtMs = 0;
  /** When a frame was last known to come, while none does. */
  #standingSinceMs: number | undefined;

  /**
   * To be told of every reading of the connection on show.
   * @param paused by the owner: a picture that stands then is not frozen
   */
  note(number: number, stats: PlaybackStats, nowMs: number, paused: boolean): void {
    if (number !== this.#number) this.#turnTo(number, nowMs);
    else if (paused || stats.framesDecoded > this.#last.framesDecoded) this.#standingSinceMs = undefined;
    else this.#standingSinceMs ??= this.#readAtMs;
    this.#last = stats;
    this.#readAtMs = nowMs;
  }

  /** @param stats of the connection that is asked of; none where there is none */
  total(number?: number, stats?: PlaybackStats): Counts {
    const former = number === this.#number && stats ? this.#past : sum(this.#past, this.#last);
    return sum(former, stats ?? NOTHING);
  }

  #turnTo(number: number, nowMs: number): void {
    const stoodMs = this.#standingSinceMs === undefined ? 0 : nowMs - this.#standingSinceMs;
    const gap = stoodMs >= FREEZE_MS ? { ...NOTHING, freezes: 1, frozenMs: stoodMs } : NOTHING;
    this.#past = sum(sum(this.#past, this.#last), gap);
    this.#number = number;
    this.#standingSinceMs = undefined;
  }
}

function sum(a: Counts, b: Counts): Counts {
  return {
    framesReceived: a.framesReceived + b.framesReceived,
    framesDecoded: a.framesDecoded + b.framesDecoded,
    framesDropped: a.framesDropped + b.framesDropped,
    packetsLost: a.packetsLost + b.packetsLost,
    freezes: added(a.freezes, b.freezes),
    frozenMs: added(a.frozenMs, b.frozenMs),
  };
}

/** Not known where neither is. */
function added(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}
