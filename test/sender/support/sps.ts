/** What a sequence parameter set says, as far as the tests ask (ITU-T H.264 sections 7.3.2.1.1 and E.1.1). */
export interface Sps {
  profile: number;
  level: number;
  width: number;
  height: number;
  /** `video_full_range_flag`; absent when the VUI does not say. */
  fullRange?: boolean;
  /** `matrix_coefficients`; 2 when the VUI does not say. */
  matrix: number;
  /** `max_num_reorder_frames`; absent without `bitstream_restriction`. */
  reorderFrames?: number;
}

const HIGH_PROFILES = [44, 83, 86, 100, 110, 118, 122, 128, 138, 244];

export function parseSps(nal: Uint8Array): Sps {
  const bits = new Bits(nal.subarray(1));
  const profile = bits.u(8);
  bits.u(8);
  const level = bits.u(8);
  bits.ue();
  const chromaFormat = HIGH_PROFILES.includes(profile) ? skipHighProfile(bits) : 1;
  bits.ue();
  const orderType = bits.ue();
  if (orderType === 0) bits.ue();
  else if (orderType === 1) throw new Error("pic_order_cnt_type 1 is not read here");
  bits.ue();
  bits.u(1);
  const widthInMbs = bits.ue() + 1;
  const heightInMapUnits = bits.ue() + 1;
  const framesOnly = bits.u(1);
  if (!framesOnly) bits.u(1);
  bits.u(1);
  const [left, right, top, bottom] = bits.u(1)
    ? ([bits.ue(), bits.ue(), bits.ue(), bits.ue()] as const)
    : ([0, 0, 0, 0] as const);
  const unit = chromaFormat === 1 ? 2 : 1;
  const sps: Sps = {
    profile,
    level,
    width: widthInMbs * 16 - (left + right) * unit,
    height: (2 - framesOnly) * (heightInMapUnits * 16 - (top + bottom) * unit),
    matrix: 2,
  };
  return bits.u(1) ? { ...sps, ...parseVui(bits) } : sps;
}

function parseVui(bits: Bits): Partial<Sps> {
  const found: Partial<Sps> = {};
  if (bits.u(1) && bits.u(8) === 255) bits.u(32);
  if (bits.u(1)) bits.u(1);
  if (bits.u(1)) {
    bits.u(3);
    found.fullRange = bits.u(1) === 1;
    if (bits.u(1)) {
      bits.u(16);
      found.matrix = bits.u(8);
    }
  }
  if (bits.u(1)) {
    bits.ue();
    bits.ue();
  }
  if (bits.u(1)) {
    bits.u(32);
    bits.u(32);
    bits.u(1);
  }
  const nalHrd = bits.u(1);
  if (nalHrd) skipHrd(bits);
  const vclHrd = bits.u(1);
  if (vclHrd) skipHrd(bits);
  if (nalHrd || vclHrd) bits.u(1);
  bits.u(1);
  if (bits.u(1)) {
    bits.u(1);
    for (let i = 0; i < 4; i++) bits.ue();
    found.reorderFrames = bits.ue();
  }
  return found;
}

function skipHrd(bits: Bits): void {
  const count = bits.ue() + 1;
  bits.u(8);
  for (let i = 0; i < count; i++) {
    bits.ue();
    bits.ue();
    bits.u(1);
  }
  bits.u(20);
}

/** @returns `chroma_format_idc` */
function skipHighProfile(bits: Bits): number {
  const chromaFormat = bits.ue();
  if (chromaFormat === 3) bits.u(1);
  bits.ue();
  bits.ue();
  bits.u(1);
  if (bits.u(1)) throw new Error("scaling lists are not read here");
  return chromaFormat;
}

/** `slice_type` of a coded slice: 0 P, 1 B, 2 I (ITU-T H.264 table 7-6, the second five folded onto the first). */
export function sliceType(nal: Uint8Array): number {
  const bits = new Bits(nal.subarray(1, 32));
  bits.ue();
  return bits.ue() % 5;
}

class Bits {
  readonly #bytes: number[] = [];
  #at = 0;

  constructor(escaped: Uint8Array) {
    for (let i = 0; i < escaped.length; i++) {
      const emulation = escaped[i] === 3 && escaped[i - 1] === 0 && escaped[i - 2] === 0;
      if (!emulation) this.#bytes.push(escaped[i] as number);
    }
  }

  u(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new Error("the NAL unit ends too early");
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }

  ue(): number {
    let zeros = 0;
    while (this.u(1) === 0) zeros++;
    return 2 ** zeros - 1 + this.u(zeros);
  }
}
