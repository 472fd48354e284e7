/** A camera that jitters is not taken for a slow one: so much of a gap is left to the correction. */
const TOLERATED = 0.05;
const MAX = 2;
/** A camera that turns slow is believed after a second, one that turns quick again after some pictures: those are too much. */
const SLOW = 0.05;
const QUICK = 0.5;
/** A pause longer than so many pictures is not made up for. */
const PAUSE_PICTURES = 2.5;
const WORTH_TELLING = 0.05;

/**
 * How much more each picture may take because others are missing: a camera that says 30 a second gives 15 in dim light, and
 * an encoder that was told 30 would spend half the bitrate.
 */
export class MissingPictures {
  #slowGap = 1;
  #quickGap = 1;
  #factor = 1;

  /** 1 where all pictures come, at most 2. */
  get factor(): number {
    return this.#factor;
  }

  /** @param sincePictures time since the picture before, in pictures as they were announced */
  onPicture(sincePictures: number): void {
    // Not bounded below: those of a burst come together, and make up for the gap before them.
    const gap = Math.min(Math.max(sincePictures, 0), PAUSE_PICTURES);
    this.#slowGap += SLOW * (gap - this.#slowGap);
    this.#quickGap += QUICK * (gap - this.#quickGap);
    const beyond = Math.min(this.#slowGap, this.#quickGap) - 1 - TOLERATED;
    const factor = Math.min(1 + Math.max(beyond, 0) / (1 - TOLERATED), MAX);
    if (Math.abs(factor - this.#factor) >= WORTH_TELLING || factor === 1) this.#factor = factor;
  }
}
