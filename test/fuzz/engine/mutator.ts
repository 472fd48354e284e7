import type { Random } from "../../support/random.ts";

const ODD_NUMBERS = [0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 191, 192, 254, 255, 256, 0x7fff, 0x8000, 0xffff];
const ODD_TEXTS = ["-1", "0", "4294967296", "1e309", "NaN", "\0", "\r\n", "\u2028", "é", "%00", "__proto__", " ", ":"];
const STEPS_MAX = 6;
const REPEAT_MAX = 2_000;

/** Makes inputs out of inputs, the same for the same generator. */
export class Mutator {
  readonly #random: Random;
  readonly #words: readonly string[];
  readonly #maxBytes: number;

  constructor(random: Random, words: readonly string[], maxBytes: number) {
    this.#random = random;
    this.#words = [...words, ...ODD_TEXTS];
    this.#maxBytes = maxBytes;
  }

  /** @param corpus what parts are borrowed from; not empty */
  next(corpus: readonly Buffer[]): Buffer {
    let input = this.#random.pick(corpus);
    for (let steps = 1 + this.#random.below(STEPS_MAX); steps > 0; steps--) input = this.#step(input, corpus);
    return Buffer.from(input.subarray(0, this.#maxBytes));
  }

  #step(input: Buffer, corpus: readonly Buffer[]): Buffer {
    const random = this.#random;
    const at = random.below(input.length + 1);
    const [head, tail] = [input.subarray(0, at), input.subarray(at)];
    const some = random.below(Math.min(tail.length, 64) + 1);
    switch (random.below(10)) {
      case 0:
        return this.#change(input, (byte) => byte ^ (1 << random.below(8)));
      case 1:
        return this.#change(input, () => random.below(256));
      case 2:
        return this.#change(input, () => random.pick(ODD_NUMBERS) & 0xff);
      case 3:
        return Buffer.concat([head, tail.subarray(some)]);
      case 4:
        return Buffer.concat([head, random.bytes(random.below(16)), tail]);
      case 5:
        return Buffer.concat([head, Buffer.from(random.pick(this.#words)), tail.subarray(random.below(2) * some)]);
      case 6:
        return Buffer.concat([head, wide(random.pick(ODD_NUMBERS), 1 + random.below(4)), tail.subarray(some)]);
      case 7:
        return Buffer.concat([head, this.#partOf(random.pick(corpus)), tail.subarray(random.below(2) * some)]);
      case 8:
        return this.#repeat(head, tail, some);
      default:
        return head;
    }
  }

  #change(input: Buffer, change: (byte: number) => number): Buffer {
    const changed = Buffer.from(input);
    const at = this.#random.below(input.length);
    if (input.length > 0) changed[at] = change(changed[at] as number);
    return changed;
  }

  #partOf(other: Buffer): Buffer {
    const from = this.#random.below(other.length + 1);
    return other.subarray(from, from + this.#random.below(other.length - from + 1));
  }

  /** Rarely many times over: what takes the square of the input's length shows by it. */
  #repeat(head: Buffer, tail: Buffer, some: number): Buffer {
    const part = tail.subarray(0, some);
    const times = 1 + this.#random.below(this.#random.below(50) === 0 ? REPEAT_MAX : 4);
    return Buffer.concat([head, ...Array.from({ length: times }, () => part), tail]).subarray(0, this.#maxBytes);
  }
}

function wide(value: number, bytes: number): Buffer {
  const whole = Buffer.alloc(4);
  whole.writeUInt32BE(value);
  return whole.subarray(4 - bytes);
}
