import { Frame } from "node-av";
import type { CapturedFrame } from "./source.ts";

/** The newest picture of a camera. */
export class HeldPicture {
  #held: CapturedFrame | undefined;

  /** Takes a reference to the frame, in place of the one before; the caller may go on with its own. */
  hold({ frame, capturedAtMs }: CapturedFrame): void {
    this.#held ??= { frame: newFrame(), capturedAtMs };
    this.#held.capturedAtMs = capturedAtMs;
    this.#held.frame.unref();
    this.#held.frame.ref(frame);
  }

  /** Valid until the next {@link hold}. */
  get newest(): CapturedFrame | undefined {
    return this.#held;
  }

  letGo(): void {
    this.#held?.frame.free();
    this.#held = undefined;
  }
}

function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}
