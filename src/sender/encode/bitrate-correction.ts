/** For each picture: large ones and small ones even out over a hundred of them. */
const GAIN = 0.01;
const MAX = 1.3;
/**
 * An encoder that uses less than this has no use for more: the picture is too simple. What it leaves now it takes when the
 * picture grows, and then gives all that it is asked for.
 */
const LIMITED = 0.7;
const SMOOTHING = 0.1;
/** A pause longer than so many pictures is not made up for. */
const PAUSE_PICTURES = 3;
/**
 * A target that changes by more than this is not given at once: for so many pictures what comes is the old one's, and
 * tells nothing of what the encoder gives of the new.
 */
const CHANGE = 0.1;
const LOWER_AFTER_PICTURES = 3;
const HIGHER_AFTER_PICTURES = 9;
/** Smaller changes are not worth telling the encoder. */
const WORTH_TELLING = 0.01;

/**
 * What an encoder must be asked for, so that it gives what is wanted. x264 with a small buffer gives up to a sixth less,
 * and one that is told 30 pictures a second, and offered 27, a tenth.
 */
export class BitrateCorrection {
  #factor: number;
  #toldFactor: number;
  #share = 1;
  #lastAtMs: number | undefined;
  #lastBps: number | undefined;
  #unsettledPictures = 0;

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
    if (this.#isUnsettled(wanted.bitrateBps)) return false;
    const forMs = Math.min(Math.max(sinceMs, 0.5 * pictureMs), PAUSE_PICTURES * pictureMs);
    const given = Math.min((bytes * 8_000) / (wanted.bitrateBps * forMs), 1 / SMOOTHING);
    this.#share += SMOOTHING * (given - this.#share);
    const missing = this.#share < LIMITED ? 1 - this.#factor : 1 - given;
    this.#factor = Math.min(Math.max(this.#factor + GAIN * missing, 1), MAX);
    if (Math.abs(this.#factor - this.#toldFactor) < WORTH_TELLING) return false;
    this.#toldFactor = this.#factor;
    return true;
  }
  #isUnsettled(wantedBps: number): boolean {
    const change = wantedBps / (this.#lastBps ?? wantedBps) - 1;
    this.#lastBps = wantedBps;
    if (Math.abs(change) > CHANGE) this.#unsettledPictures = change < 0 ? LOWER_AFTER_PICTURES : HIGHER_AFTER_PICTURES;
    if (this.#unsettledPictures === 0) return false;
    this.#unsettledPictures--;
    return true;
  }
}
