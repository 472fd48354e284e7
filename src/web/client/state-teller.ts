import type { ViewerState } from "./state.ts";

/** Tells of each new state once; of the first when whoever is told can have the viewer, which is not returned yet. */
export class StateTeller {
  readonly #read: () => ViewerState;
  readonly #tell: (state: ViewerState) => void;
  #isHeld = true;
  #told: ViewerState | undefined;

  constructor(read: () => ViewerState, tell: (state: ViewerState) => void) {
    this.#read = read;
    this.#tell = tell;
    queueMicrotask(() => {
      this.#isHeld = false;
      this.update();
    });
  }

  get state(): ViewerState {
    return this.#told ?? this.#read();
  }

  update(): void {
    if (this.#isHeld) return;
    const before = this.#told;
    this.#told = this.#read();
    const { name, message, code } = this.#told;
    if (name === before?.name && message === before.message && code === before.code) return;
    this.#tell(this.#told);
  }
}
