import { ArrivalGroups, type GroupDelta, MAX_JUMP_MS } from "./arrival-groups.ts";
import { BusyLink } from "./busy-link.ts";
import { Least } from "./least.ts";
import { LinkPace } from "./link-pace.ts";
import { OveruseDetector, type Usage } from "./overuse-detector.ts";
import type { PacketResult } from "./packet.ts";
import { Trendline } from "./trendline.ts";

/** So much more delay from one picture to the next, on a link that delivers so much less than thought, needs no second sign. */
const FALL_MS = 50;
const FALL_SHARE = 0.6;
/** Of packets that stood in the queue one behind the other, the same. */
const SLOW_SHARE = 0.45;
/** A queue that is there for fewer bursts than this is another camera's picture. */
const LASTING_GROUPS = 3;
/** Long enough that a drop's queue does not become the new zero; short enough to follow clocks that drift and routes that change. */
const BASE_MEMORY_MS = 30_000;

export interface DelayInput {
  estimateBps: number;
  /** Another flow keeps the queue full. */
  competing: boolean;
}

/** Follows the packets' delays from feedback to feedback: is the link's queue growing, and how long is it? */
export class DelayControl {
  #groups = new ArrivalGroups();
  #trendline = new Trendline();
  #detector = new OveruseDetector();
  /** The least delay, viewer's clock less sender's: what the way takes when no queue stands on it. */
  #base = new Least(BASE_MEMORY_MS);
  readonly #busy = new BusyLink();
  #pace = new LinkPace();
  #usage: Usage = "normal";
  #queueMs = 0;
  #fallenToBps: number | undefined;
  #riseMs = 0;
  #lastDelayMs: number | undefined;
  #lastQueuesMs: number[] = [];

  get usage(): Usage {
    return this.#usage;
  }

  /** Delay of the newest packets above the least of the last half minute. */
  get queueMs(): number {
    return this.#queueMs;
  }

  /** The most by which one of the last packets was later than the one before. */
  get riseMs(): number {
    return this.#riseMs;
  }

  /** What the link carries now, if the last packets showed that it is far less than thought. */
  get fallenToBps(): number | undefined {
    return this.#fallenToBps;
  }

  /** What the link carries of everybody's packets together, where it was full lately. */
  get linkBps(): number | undefined {
    return this.#pace.bitrateBps;
  }

  /** The link was seen to carry far less than before. */
  onDeepFall(): void {
    this.#pace = new LinkPace();
  }

  /**
   * @param received in the order of their arrival
   * @returns the worst that these packets showed: a feedback message tells of several bursts
   */
  update(received: readonly PacketResult[], { estimateBps, competing }: DelayInput): Usage {
    let seen: Usage | undefined;
    this.#fallenToBps = undefined;
    this.#riseMs = 0;
    for (const { packet, arrivalMs = 0 } of received) {
      this.#compare(arrivalMs - packet.sentAtMs);
      const delta = this.#groups.push(packet.sentAtMs, arrivalMs, packet.bytes);
      this.#busy.push(packet.sentAtMs, arrivalMs, packet.bytes, this.#base.leastMs);
      this.#pace.push(packet.sentAtMs, arrivalMs, packet.bytes, this.#base.leastMs);
      const busyBps = this.#busy.bitrateBps;
      if (busyBps !== undefined && busyBps < SLOW_SHARE * estimateBps) this.#fallenToBps = busyBps;
      if (!delta) continue;
      const slope = this.#trendline.update(delta.delayDeltaMs, delta.sendDeltaMs, delta.arrivalMs);
      this.#base.add(delta.delayMs, delta.arrivalMs);
      this.#queueMs = delta.delayMs - this.#base.leastMs;
      this.#lastQueuesMs = [...this.#lastQueuesMs.slice(1 - LASTING_GROUPS), this.#queueMs];
      const lastingQueueMs = Math.min(...this.#lastQueuesMs);
      const trend = { slope, groups: this.#trendline.count, lastingQueueMs, competing };
      this.#usage = this.#detector.update({ ...trend, sendDeltaMs: delta.sendDeltaMs, arrivalMs: delta.arrivalMs });
      if (this.#usage === "over" || hasFallen(delta, estimateBps)) seen = "over";
    }
    return this.#fallenToBps === undefined ? (seen ?? this.#usage) : "over";
  }

  /** Packets take another path, and of those before it nothing will be told here: that it is longer is no queue. */
  onNewPath(): void {
    this.#beginAnew();
    this.#fallenToBps = undefined;
    this.#riseMs = 0;
  }

  /** Delays so far tell nothing of those to come. */
  #beginAnew(): void {
    this.#groups = new ArrivalGroups();
    this.#pace = new LinkPace();
    this.#trendline = new Trendline();
    this.#detector = new OveruseDetector();
    this.#usage = "normal";
    this.#base = new Least(BASE_MEMORY_MS);
    this.#lastDelayMs = undefined;
    this.#lastQueuesMs = [];
    this.#queueMs = 0;
  }

  /** Packet by packet: what a stall held back comes as one burst, whose last packet is hardly late. */
  #compare(delayMs: number): void {
    const riseMs = delayMs - (this.#lastDelayMs ?? delayMs);
    if (Math.abs(riseMs) > MAX_JUMP_MS) this.#beginAnew();
    else this.#riseMs = Math.max(this.#riseMs, riseMs);
    this.#lastDelayMs = delayMs;
  }
}

/** A link that stalls delivers all at once afterwards; one that has become slow delivered the burst before slowly too. */
function hasFallen({ delayDeltaMs, previousSpreadBps }: GroupDelta, estimateBps: number): boolean {
  return delayDeltaMs > FALL_MS && previousSpreadBps !== undefined && previousSpreadBps < FALL_SHARE * estimateBps;
}
