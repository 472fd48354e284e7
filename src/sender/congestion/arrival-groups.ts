/** Packets sent within this are one burst: draft-ietf-rmcat-gcc-02, section 5.2. */
const BURST_MS = 5;
/** Packets that a stalled link lets go together are one burst too, up to this long. */
const MAX_BURST_MS = 100;
/** A burst's least delay is known this long after its first arrival. */
const SETTLE_MS = 20;
const SPREAD_PACKETS = 5;
/** A burst came evenly if no gap in it takes more than its share of so many. */
const EVEN_GAPS = 3;
/** A clock that jumps, or a viewer's machine that slept. */
export const MAX_JUMP_MS = 3_000;

/** How one burst of packets travelled compared to the one before. */
export interface GroupDelta {
  /** Between the sending of the two. */
  sendDeltaMs: number;
  /** Above zero: this one took longer on its way. */
  delayDeltaMs: number;
  /** The group's own delay: viewer's clock less sender's clock, so only differences mean anything. */
  delayMs: number;
  /** Viewer's clock. */
  arrivalMs: number;
  /** The rate at which the burst before came in; absent when it was too small or too uneven to tell. */
  previousSpreadBps?: number;
}

interface Group {
  firstSentAtMs: number;
  lastSentAtMs: number;
  firstArrivalMs: number;
  lastArrivalMs: number;
  leastDelayMs: number;
  longestGapMs: number;
  packets: number;
  bytesAfterFirst: number;
  told: boolean;
}

/**
 * Gathers packets into bursts and compares the delay of neighbours. A burst's delay is the least among its packets':
 * a picture leaves unpaced, so that its last packet waits for all of its own, and would tell of the picture's size.
 */
export class ArrivalGroups {
  #current: Group | undefined;
  #previous: Group | undefined;

  /** Received packets come in the order of their arrival. */
  push(sentAtMs: number, arrivalMs: number, bytes: number): GroupDelta | undefined {
    const group = this.#current;
    if (!group) {
      this.#current = opened(sentAtMs, arrivalMs);
      return undefined;
    }
    if (Math.abs(arrivalMs - group.lastArrivalMs - (sentAtMs - group.lastSentAtMs)) > MAX_JUMP_MS) {
      this.#current = opened(sentAtMs, arrivalMs);
      this.#previous = undefined;
      return undefined;
    }
    // Overtaken on the way: it says nothing of the queue now.
    if (sentAtMs < group.firstSentAtMs) return undefined;
    if (belongs(group, sentAtMs, arrivalMs)) {
      if (!group.told) group.leastDelayMs = Math.min(group.leastDelayMs, arrivalMs - sentAtMs);
      group.lastSentAtMs = Math.max(group.lastSentAtMs, sentAtMs);
      group.longestGapMs = Math.max(group.longestGapMs, arrivalMs - group.lastArrivalMs);
      group.lastArrivalMs = arrivalMs;
      group.packets++;
      group.bytesAfterFirst += bytes;
      return arrivalMs - group.firstArrivalMs >= SETTLE_MS ? this.#tell(group) : undefined;
    }
    const delta = this.#tell(group);
    this.#previous = group;
    this.#current = opened(sentAtMs, arrivalMs);
    return delta;
  }

  #tell(group: Group): GroupDelta | undefined {
    if (group.told) return undefined;
    group.told = true;
    const previous = this.#previous;
    if (!previous) return undefined;
    return {
      sendDeltaMs: group.firstSentAtMs - previous.firstSentAtMs,
      delayDeltaMs: group.leastDelayMs - previous.leastDelayMs,
      delayMs: group.leastDelayMs,
      arrivalMs: group.firstArrivalMs,
      ...(previous.packets >= SPREAD_PACKETS && isEven(previous) ? { previousSpreadBps: spreadBps(previous) } : {}),
    };
  }
}

/** A stall is one long gap; a slow link makes them all longer. */
function isEven({ longestGapMs, firstArrivalMs, lastArrivalMs }: Group): boolean {
  return longestGapMs <= (lastArrivalMs - firstArrivalMs) / EVEN_GAPS;
}

function spreadBps({ bytesAfterFirst, firstArrivalMs, lastArrivalMs }: Group): number {
  return (bytesAfterFirst * 8_000) / Math.max(lastArrivalMs - firstArrivalMs, 0.25);
}

function opened(sentAtMs: number, arrivalMs: number): Group {
  return {
    firstSentAtMs: sentAtMs,
    lastSentAtMs: sentAtMs,
    firstArrivalMs: arrivalMs,
    lastArrivalMs: arrivalMs,
    leastDelayMs: arrivalMs - sentAtMs,
    longestGapMs: 0,
    packets: 1,
    bytesAfterFirst: 0,
    told: false,
  };
}

function belongs(group: Group, sentAtMs: number, arrivalMs: number): boolean {
  if (sentAtMs - group.firstSentAtMs <= BURST_MS) return true;
  const arrivalDeltaMs = arrivalMs - group.lastArrivalMs;
  const catchingUp = arrivalDeltaMs < sentAtMs - group.lastSentAtMs;
  return catchingUp && arrivalDeltaMs <= BURST_MS && arrivalMs - group.firstArrivalMs < MAX_BURST_MS;
}
