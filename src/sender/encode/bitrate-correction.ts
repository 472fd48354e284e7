import { MissingPictures } from "./missing-pictures.ts";

/** For each picture: large ones and small ones even out over a hundred of them. */
const GAIN = 0.01;
const MAX = 1.3;
/**
 * An encoder that uses less than this of what a picture may take has no use for more: the picture is too simple. What it
 * leaves now it takes when the picture grows, and then gives all that it is asked for.
 */
const LIMITED = 0.7;
const SMOOTHING = 0.1;
/** A pause longer than so many pictures is not made up for. */
const PAUSE_PICTURES = 3;
/** Smaller changes are not worth telling the encoder. */
const WORTH_TELLING = 0.01;

/**
 * What an encoder must be asked for, so that it gives what is wanted. x264 with a small buffer gives up to a sixth less,
 * and one that is told 30 pictures a second, and offered 27, a tenth.
 */
export class BitrateCorrection {
  readonly #missing = new MissingPictures();
  #factor: number;
  #toldFactor: number;
  #share = 1;
  #lastAtMs: number | undefined;

  /** @param first what is known of the encoder beforehand, 1 or more */
  constructor(first: number) {
    this.#factor = first;
    this.#toldFactor = first;
  }

  /** The factor to be told to the encoder. */
  get factor(): number {
    return this.#toldFactor;
  }

  /** @returns whether the factor is another now */
  onPicture(bytes: number, wanted: { bitrateBps: number; fps: number }, capturedAtMs: number): boolean {
    const pictureMs = 1_000 / wanted.fps;
    const sinceMs = capturedAtMs - (this.#lastAtMs ?? capturedAtMs - pictureMs);
    this.#lastAtMs = capturedAtMs;
    const forMs = Math.min(Math.max(sinceMs, 0.5 * pictureMs), PAUSE_PICTURES * pictureMs);
    const given = Math.min((bytes * 8_000) / (wanted.bitrateBps * forMs), 1 / SMOOTHING);
    // By the picture and not by the time: pictures that are missing make none simple.
    const used = (given * forMs) / (pictureMs * this.#missing.factor);
    this.#missing.onPicture(sinceMs / pictureMs);
    this.#share += SMOOTHING * (Math.min(used, 1 / SMOOTHING) - this.#share);
    const missing = this.#share < LIMITED ? 1 - this.#factor : 1 - given;
    this.#factor = Math.min(Math.max(this.#factor + GAIN * missing, 1), MAX);
    const factor = this.#factor * this.#missing.factor;
    if (Math.abs(factor - this.#toldFactor) < WORTH_TELLING) return false;
    this.#toldFactor = factor;
    return true;
  }
}
