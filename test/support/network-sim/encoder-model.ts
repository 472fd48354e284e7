import type { Random } from "../random.ts";

export interface EncoderOptions {
  fps: number;
  /** The most that the scene is worth at a time, whatever the target: a still picture needs little. */
  demandBps?(atMs: number): number;
}

/** Weights with which the encoder's own rate follows a lower and a higher target: about 3 and 9 pictures. */
const FOLLOW_DOWN = 0.6;
const FOLLOW_UP = 0.25;
/** As much as its VBV allows. */
const KEYFRAME_FACTOR = 6;
/** What a keyframe or a large picture took too much is given back over so many pictures. */
const REPAY_FRAMES = 8;
const NOISE = 0.2;
const NOISE_MEMORY = 0.6;

/** An encoder's picture sizes: they follow the target with a lag, are noisy, and pay keyframes back. */
export class EncoderModel {
  readonly #options: EncoderOptions;
  readonly #random: Random;
  #rateBps: number | undefined;
  #noise = 0;
  #debtBytes = 0;

  constructor(options: EncoderOptions, random: Random) {
    this.#options = options;
    this.#random = random;
  }

  /** @returns bytes of the next picture */
  encode(targetBps: number, keyframe: boolean, nowMs: number): number {
    const wantedBps = Math.min(targetBps, this.#options.demandBps?.(nowMs) ?? targetBps);
    const rateBps = this.#rateBps ?? wantedBps;
    this.#rateBps = rateBps + (wantedBps < rateBps ? FOLLOW_DOWN : FOLLOW_UP) * (wantedBps - rateBps);
    const meanBytes = this.#rateBps / 8 / this.#options.fps;
    const chance = this.#random.next() + this.#random.next() + this.#random.next() - 1.5;
    this.#noise = NOISE_MEMORY * this.#noise + chance * 2 * NOISE * Math.sqrt(1 - NOISE_MEMORY ** 2);
    const wantedBytes = meanBytes * (1 + this.#noise) - this.#debtBytes / REPAY_FRAMES;
    const bytes = keyframe ? meanBytes * KEYFRAME_FACTOR : Math.max(wantedBytes, meanBytes * 0.3);
    this.#debtBytes = Math.max(this.#debtBytes + bytes - meanBytes, -2 * meanBytes);
    return Math.round(bytes);
  }
}
