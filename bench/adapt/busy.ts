import type { Picture } from "../../src/sender/capture/picture.ts";

/** The share of the picture's height that is noise, and where it begins. */
const TOP = 0.02;
const BOTTOM = 0.84;
const AMPLITUDE = 40;
const NOISE_BYTES = 1 << 20;

/** Even noise that is the same for everybody: an encoder has as much to do with it as it is given bits. */
export function makeNoise(): Uint8Array {
  const noise = new Uint8Array(NOISE_BYTES);
  let state = 0x2545f491;
  for (let i = 0; i < NOISE_BYTES; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    noise[i] = 100 + ((state >>> 8) % AMPLITUDE);
  }
  return noise;
}

/** Covers the still part of the pattern, each picture from another place of the noise, so that no motion explains it. */
export function drawNoise({ width, height, planes, strides }: Picture, noise: Uint8Array, counter: number): void {
  const [luma] = planes;
  const [stride] = strides;
  let from = (counter * 7_919) % 100_003;
  for (let row = Math.round(height * TOP); row < height * BOTTOM; row++) {
    luma.set(noise.subarray(from, from + width), row * stride);
    from = (from + width + 13) % (NOISE_BYTES - width);
  }
}
