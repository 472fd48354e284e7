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

  isPausing(rung: number, nowMs: number): boolean {
    return nowMs < (this.#rungs.get(rung)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  /** All but these are gone. */
  keep(rungs: readonly { id: number }[]): void {
    for (const rung of this.#rungs.keys()) if (!rungs.some(({ id }) => id === rung)) this.#rungs.delete(rung);
  }
}
