import { createHook } from "node:async_hooks";

/** Counts the timers that the sender, or werift for it, set from now on and that still stand; a test runner has its own. */
export class TimerWatch implements Disposable {
  readonly #standing = new Set<number>();
  readonly #hook = createHook({
    init: (id, type) => {
      if (type === "Timeout" && /\/src\/sender\/|\/werift\//.test(new Error().stack ?? "")) this.#standing.add(id);
    },
    destroy: (id) => this.#standing.delete(id),
  }).enable();

  /** One that was just cleared counts for a turn yet. */
  get standing(): number {
    return this.#standing.size;
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
  }
}
