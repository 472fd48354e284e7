/** For all viewers of its rung. */
export interface PackedPicture {
  rung: number;
  payloads: readonly Buffer[];
  bytes: number;
  keyframe: boolean;
  /** `performance.now()` when it was taken. */
  capturedAtMs: number;
}

/** Older pictures are not what the camera sees now. */
const KEPT_MS = 250;
/** What follows the keyframe may weigh so much of it: more is too much for a network that nobody knows yet. */
const FOLLOWERS_SHARE = 0.6;

/** A keyframe of a moment ago and what came after it: a viewer who comes now begins with them, and costs nobody another. */
export class Recent {
  #pictures: PackedPicture[] = [];
  #followersBytes = 0;

  add(picture: PackedPicture): void {
    const [keyframe] = this.#pictures;
    if (picture.keyframe) {
      this.#pictures = [picture];
      this.#followersBytes = 0;
    } else if (keyframe) {
      this.#followersBytes += picture.bytes;
      const tooMuch = this.#followersBytes > keyframe.bytes * FOLLOWERS_SHARE;
      if (tooMuch || picture.capturedAtMs - keyframe.capturedAtMs > KEPT_MS) this.#pictures = [];
      else this.#pictures.push(picture);
    }
  }

  /** @returns from the keyframe on; nothing when that is too long ago */
  at(nowMs: number): readonly PackedPicture[] {
    const [keyframe] = this.#pictures;
    return keyframe && nowMs - keyframe.capturedAtMs <= KEPT_MS ? this.#pictures : [];
  }
}
