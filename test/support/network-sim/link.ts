import type { Random } from "../random.ts";
import type { Timeline } from "./timeline.ts";

export interface LinkOptions {
  /** What the bottleneck carries at a time. */
  rateBps(atMs: number): number;
  /** The bottleneck's queue; what does not fit is dropped. */
  queueBytes: number;
  /** What it lets pass at once after a pause, as a token bucket does. */
  bucketBytes?: number;
  /** One way. */
  propagationMs: number;
  /** Random delay before the bottleneck, up to this; packets keep their order. */
  jitterBeforeMs?: number;
  /** Random delay behind the bottleneck, up to this; packets keep their order. */
  jitterMs?: number;
  /** Now and then the way stalls for up to so long, and lets go of everything at once. */
  stallMs?: number;
  /** The last of them begins before; by default they never end. */
  stallsUntilMs?: number;
  /** Share of packets that are overtaken, 0 to 1: each comes so much later than it would, and nobody waits for it. */
  overtaken?: { share: number; byMs: number };
  /** Share of packets lost at random, 0 to 1. */
  loss?: number;
  /** Before, none is; by default they begin at once. */
  lossFromMs?: number;
  /** From then on none is; by default they never end. */
  lossUntilMs?: number;
  /** Losses in a row, as a radio has them. */
  burstLoss?: { everyMs: number; lastingMs: number };
  /** All is lost, as while a viewer changes networks. */
  outage?: { fromMs: number; toMs: number };
}

const STALLS_EVERY_MS = 2_500;

/** One bottleneck, first in first out, and the way behind it. Shared by whoever sends through it. */
export class Link {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #options: LinkOptions;
  #queuedBytes = 0;
  #freeAtMs = 0;
  #lastDeliveryMs = 0;
  #lastEntryMs = 0;
  #stalledUntilMs = 0;
  #nextStallMs = STALLS_EVERY_MS;
  #burstUntilMs = 0;
  #nextBurstMs: number;

  constructor(timeline: Timeline, random: Random, options: LinkOptions) {
    this.#timeline = timeline;
    this.#random = random;
    this.#options = options;
    this.#nextBurstMs = options.burstLoss?.everyMs ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @param onDelivered is told how long the packet stood in the queue
   * @param onLost is told how long it would have stood there
   */
  send(bytes: number, onDelivered: (queueMs: number) => void, onLost?: (queueMs: number) => void): void {
    const { jitterBeforeMs = 0 } = this.#options;
    if (jitterBeforeMs === 0) {
      this.#enter(bytes, onDelivered, onLost);
      return;
    }
    this.#lastEntryMs = Math.max(this.#lastEntryMs, this.#timeline.nowMs + jitterBeforeMs * this.#random.next());
    this.#timeline.at(this.#lastEntryMs, () => this.#enter(bytes, onDelivered, onLost));
  }

  #enter(bytes: number, onDelivered: (queueMs: number) => void, onLost?: (queueMs: number) => void): void {
    const { nowMs } = this.#timeline;
    const { bucketBytes = 0, rateBps } = this.#options;
    const startMs = Math.max(this.#freeAtMs, nowMs - (bucketBytes * 8_000) / rateBps(nowMs));
    const queueMs = Math.max(0, startMs - nowMs);
    if (this.#queuedBytes + bytes > this.#options.queueBytes) {
      onLost?.(queueMs);
      return;
    }
    this.#queuedBytes += bytes;
    const endMs = this.#transmitted(startMs, bytes);
    this.#freeAtMs = endMs;
    this.#timeline.at(Math.max(endMs, nowMs), () => {
      this.#queuedBytes -= bytes;
      if (this.#isLost()) onLost?.(queueMs);
      else this.#timeline.at(this.#deliveryMs() + this.#overtakenMs(), () => onDelivered(queueMs));
    });
  }

  /** Follows the rate while it changes, in steps of 10 ms. */
  #transmitted(startMs: number, bytes: number): number {
    let bits = bytes * 8;
    let atMs = startMs;
    for (;;) {
      const stepMs = 10 - (atMs % 10);
      const carried = (this.#options.rateBps(atMs) * stepMs) / 1_000;
      if (carried >= bits) return atMs + (stepMs * bits) / carried;
      bits -= carried;
      atMs += stepMs;
    }
  }

  #isLost(): boolean {
    const { loss = 0, lossFromMs = 0, lossUntilMs = Number.POSITIVE_INFINITY, burstLoss, outage } = this.#options;
    const { nowMs } = this.#timeline;
    if (outage && nowMs >= outage.fromMs && nowMs < outage.toMs) return true;
    if (burstLoss && nowMs >= this.#nextBurstMs) {
      this.#burstUntilMs = nowMs + burstLoss.lastingMs * (0.5 + this.#random.next());
      this.#nextBurstMs = nowMs + burstLoss.everyMs * (0.5 + this.#random.next());
    }
    const lossy = nowMs >= lossFromMs && nowMs < lossUntilMs;
    return nowMs < this.#burstUntilMs || this.#random.next() < (lossy ? loss : 0);
  }

  #overtakenMs(): number {
    const { overtaken } = this.#options;
    return overtaken && this.#random.next() < overtaken.share ? overtaken.byMs : 0;
  }

  #deliveryMs(): number {
    const { propagationMs, jitterMs = 0, stallMs = 0, stallsUntilMs = Number.POSITIVE_INFINITY } = this.#options;
    const { nowMs } = this.#timeline;
    if (stallMs > 0 && nowMs >= this.#nextStallMs && nowMs < stallsUntilMs) {
      this.#stalledUntilMs = nowMs + stallMs * this.#random.next();
      this.#nextStallMs = nowMs + STALLS_EVERY_MS * (0.5 + this.#random.next());
    }
    const leftMs = Math.max(nowMs, this.#stalledUntilMs);
    this.#lastDeliveryMs = Math.max(this.#lastDeliveryMs, leftMs + propagationMs + jitterMs * this.#random.next());
    return this.#lastDeliveryMs;
  }
}
