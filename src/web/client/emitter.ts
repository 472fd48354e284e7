/**
 * Listeners by event name, typed. A listener that throws is reported and does not keep the others from hearing. What one
 * brings about by what it does is told after all have heard what it was told, so that each hears the same last.
 */
export class Emitter<Events extends object> {
  readonly #untold: (() => void)[] = [];
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** @returns a function that stops listening */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    this.#untold.push(() => this.#tell(name, value));
    if (this.#untold.length > 1) return;
    for (let [tell] = this.#untold; tell; [tell] = this.#untold) {
      tell();
      this.#untold.shift();
    }
  }

  #tell<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (value: Events[Name]) => void)(value);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
