import { ArrivalGroups } from "./arrival-groups.ts";
import { BaseDelay } from "./base-delay.ts";
import { OveruseDetector, type Usage } from "./overuse-detector.ts";
import type { PacketResult } from "./packet.ts";
import { Trendline } from "./trendline.ts";

/** Follows the packets' delays from feedback to feedback: is the link's queue growing, and how long is it? */
export class DelayControl {
  readonly #groups = new ArrivalGroups();
  readonly #trendline = new Trendline();
  readonly #detector = new OveruseDetector();
  readonly #base = new BaseDelay();
  #usage: Usage = "normal";
  #queueMs = 0;

  get usage(): Usage {
    return this.#usage;
  }

  /** Delay of the newest packets above the least of the last half minute. */
  get queueMs(): number {
    return this.#queueMs;
  }

  /**
   * @param received in the order of their arrival
   * @returns the worst that these packets showed: a feedback message tells of several bursts
   */
  update(received: readonly PacketResult[]): Usage {
    let seen: Usage | undefined;
    for (const { packet, arrivalMs = 0 } of received) {
      const delta = this.#groups.push(packet.sentAtMs, arrivalMs);
      if (!delta) continue;
      const slope = this.#trendline.update(delta.delayDeltaMs, delta.sendDeltaMs, delta.arrivalMs);
      this.#usage = this.#detector.update(slope, this.#trendline.count, delta.sendDeltaMs, delta.arrivalMs);
      this.#queueMs = this.#base.update(delta.delayMs, delta.arrivalMs);
      if (this.#usage === "over") seen = "over";
    }
    return seen ?? this.#usage;
  }
}
