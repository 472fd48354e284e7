import { cameraError } from "../errors.ts";
import type { CapturedFrame, Source } from "./source.ts";

/** Plays a source that ends over and over, opening it anew each time. */
export async function looped(open: (signal: AbortSignal) => Promise<Source>, signal: AbortSignal): Promise<Source> {
  let current = await open(signal);
  let closed = false;
  // Once for each that was opened, also when the next one cannot be.
  const close = async () => {
    if (closed) return;
    closed = true;
    await current[Symbol.asyncDispose]();
  };
  return {
    format: current.format,
    finite: true,
    async *frames(frameSignal: AbortSignal): AsyncIterable<CapturedFrame> {
      while (!frameSignal.aborted) {
        let frames = 0;
        for await (const frame of current.frames(frameSignal)) {
          frames++;
          yield frame;
        }
        if (frameSignal.aborted) return;
        if (frames === 0) throw cameraError("The file has no picture that can be decoded.");
        await close();
        current = await open(frameSignal);
        closed = false;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
