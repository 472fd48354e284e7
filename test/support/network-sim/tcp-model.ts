import type { Link } from "./link.ts";
import type { Timeline } from "./timeline.ts";

const SEGMENT_BYTES = 1_500;

/** A greedy flow with TCP Reno's window: slow start, one segment a round trip, half when something was lost. */
export class TcpModel {
  readonly #timeline: Timeline;
  readonly #link: Link;
  readonly #returnMs: number;
  #window = 10;
  #threshold = Number.POSITIVE_INFINITY;
  #underWay = 0;
  #reducedAtMs = Number.NEGATIVE_INFINITY;
  #rttMs: number;
  readonly delivered: { atMs: number; bytes: number }[] = [];

  constructor(timeline: Timeline, link: Link, propagationMs: number) {
    this.#timeline = timeline;
    this.#link = link;
    this.#returnMs = propagationMs;
    this.#rttMs = 2 * propagationMs;
  }

  start(atMs: number): void {
    this.#timeline.at(atMs, () => this.#fill());
  }

  #fill(): void {
    while (this.#underWay < Math.floor(this.#window)) {
      this.#underWay++;
      const sentAtMs = this.#timeline.nowMs;
      this.#link.send(
        SEGMENT_BYTES,
        () => {
          this.delivered.push({ atMs: this.#timeline.nowMs, bytes: SEGMENT_BYTES });
          this.#timeline.at(this.#timeline.nowMs + this.#returnMs, () => this.#acknowledged(sentAtMs));
        },
        // It shows when what was sent after it has come through.
        (queueMs) =>
          this.#timeline.at(this.#timeline.nowMs + queueMs + 2 * this.#returnMs + 5, () => this.#lost(sentAtMs)),
      );
    }
  }

  #acknowledged(sentAtMs: number): void {
    this.#underWay--;
    this.#rttMs += (this.#timeline.nowMs - sentAtMs - this.#rttMs) / 8;
    this.#window += this.#window < this.#threshold ? 1 : 1 / this.#window;
    this.#fill();
  }

  #lost(sentAtMs: number): void {
    this.#underWay--;
    // Losses of one window are one sign.
    if (sentAtMs > this.#reducedAtMs) {
      this.#threshold = Math.max(this.#window / 2, 2);
      this.#window = this.#threshold;
      this.#reducedAtMs = this.#timeline.nowMs;
    }
    this.#fill();
  }
}
