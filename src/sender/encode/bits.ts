/** Reads the bits of an H.264 payload, emulation prevention bytes left out (ITU-T H.264 section 7.4.1). */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** @param payload what follows the NAL unit's header byte */
  constructor(payload: Uint8Array) {
    this.#bytes = withoutEmulation(payload);
  }

  /** In bits. */
  get position(): number {
    return this.#at;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new RangeError("The parameter set is cut short.");
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return bit;
  }

  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  /** Exp-Golomb, unsigned (section 9.1). */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0) if (++zeros > 32) throw new RangeError("The parameter set makes no sense.");
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** Exp-Golomb, signed. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }

  /** The bits from one position to another, as they stand. */
  slice(from: number, to: number): number[] {
    const bits: number[] = [];
    for (let at = from; at < to; at++) bits.push(((this.#bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return bits;
  }
}

/** Writes bits; {@link payload} ends them and puts emulation prevention bytes in. */
export class BitWriter {
  readonly #bits: number[] = [];

  push(bits: readonly number[]): this {
    this.#bits.push(...bits);
    return this;
  }

  bit(bit: 0 | 1): this {
    this.#bits.push(bit);
    return this;
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    for (let i = 1; i < code.length; i++) this.#bits.push(0);
    for (const digit of code) this.#bits.push(digit === "1" ? 1 : 0);
    return this;
  }

  /** With the stop bit (section 7.3.2.11). */
  payload(): Buffer {
    const bits = [...this.#bits, 1];
    while (bits.length % 8 > 0) bits.push(0);
    const bytes: number[] = [];
    let zeros = 0;
    for (let at = 0; at < bits.length; at += 8) {
      const byte = bits.slice(at, at + 8).reduce((value, bit) => value * 2 + bit, 0);
      if (zeros >= 2 && byte <= 3) {
        bytes.push(3);
        zeros = 0;
      }
      bytes.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Buffer.from(bytes);
  }
}

function withoutEmulation(payload: Uint8Array): Uint8Array {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}
