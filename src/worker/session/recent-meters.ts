import { VIEWERS_HARD_MAX } from "../../protocol/limits.ts";
import type { Attachment } from "./attachment.ts";
import { type Meter, newMeter } from "./meter.ts";

/** As many as a session may have viewers; beyond them the oldest are forgotten. */
const KEPT_MAX = VIEWERS_HARD_MAX;

/**
 * How much viewers sent lately who have no socket to remember it, so that nobody's count starts over with the next socket
 * or request. In memory alone: an object sleeps when nobody has said anything for longer than is counted.
 */
export class RecentMeters {
  readonly #meters = new Map<string, Meter>();

  of(viewer: string, nowMs: number): Meter {
    return this.#meters.get(viewer) ?? newMeter(nowMs);
  }

  keep(viewer: string, meter: Meter): void {
    this.#meters.delete(viewer);
    this.#meters.set(viewer, meter);
    const [oldest] = this.#meters.keys();
    if (this.#meters.size > KEPT_MAX && oldest !== undefined) this.#meters.delete(oldest);
  }

  /** The socket is gone, and its viewer may be back at once. */
  socketGone(gone: Attachment): void {
    if (gone.kind === "viewer") this.keep(gone.viewer, gone.meter);
  }

  /**
   * The newcomer's attachment, whose viewer is counted on where it stood.
   * @param replaced of the same participant, the newest first
   */
  continued<A extends Attachment>(newcomer: A, replaced: readonly Attachment[], nowMs: number): A {
    if (newcomer.kind !== "viewer") return newcomer;
    const before = replaced.find((each) => each.kind === "viewer");
    return { ...newcomer, meter: before?.meter ?? this.of(newcomer.viewer, nowMs) };
  }
}
