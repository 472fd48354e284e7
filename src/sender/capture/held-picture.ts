import { Frame } from "node-av";

/** One picture that is kept, and none before it. */
export class HeldPicture {
  #held: { frame: Frame; capturedAtMs: number } | undefined;

  /** Takes a reference to the frame; the caller may go on with its own. */
  hold(frame: Frame, capturedAtMs: number): void {
    this.letGo();
    const own = new Frame();
    own.alloc();
    own.ref(frame);
    this.#held = { frame: own, capturedAtMs };
  }

  /** Shows what is kept, if anything, and lets go of it. */
  give(take: (frame: Frame, capturedAtMs: number) => void): void {
    if (this.#held) take(this.#held.frame, this.#held.capturedAtMs);
    this.letGo();
  }

  letGo(): void {
    this.#held?.frame.free();
    this.#held = undefined;
  }
}
