import { Backoff } from "./backoff.ts";

/** What has worked for so long after its pause failed by accident, and has no record any more. */
const WELL_MS = 5_000;

/** Rungs whose encoders failed while others' did not: each is tried again after a pause of its own, which grows. */
export class BrokenRungs {
  readonly #rungs = new Map<number, { backoff: Backoff; untilMs: number }>();

  /** @returns after how many milliseconds it may be tried again */
  failed(rung: number, nowMs: number): number {
    const backoff = this.#rungs.get(rung)?.backoff ?? new Backoff();
    const pauseMs = backoff.next();
    this.#rungs.set(rung, { backoff, untilMs: nowMs + pauseMs });
    return pauseMs;
  }

  /** To be told of each picture that its encoder gives. */
  worked(rung: number, nowMs: number): void {
    const broken = this.#rungs.get(rung);
    if (broken && nowMs - broken.untilMs >= WELL_MS) this.#rungs.delete(rung);
  }

  /**
   * @param missing rungs that have no encoder
   * @param others whether another rung has one; a pause is for its viewers' sake
   * @returns those that are to be given one now
   */
  due<Rung extends { id: number }>(missing: readonly Rung[], others: boolean, nowMs: number): readonly Rung[] {
    const due = missing.filter(({ id }) => nowMs >= (this.#rungs.get(id)?.untilMs ?? Number.NEGATIVE_INFINITY));
    return others || due.length > 0 ? due : missing;
  }

  /** All but these are gone. */
  keep(rungs: readonly { id: number }[]): void {
    for (const rung of this.#rungs.keys()) if (!rungs.some(({ id }) => id === rung)) this.#rungs.delete(rung);
  }
}
