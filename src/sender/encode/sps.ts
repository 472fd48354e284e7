import { BitReader, BitWriter } from "./bits.ts";

/** Profiles whose parameter sets tell of chroma and scaling (ITU-T H.264 section 7.3.2.1.1). */
const HIGH_PROFILES = [100, 110, 122, 244, 44, 83, 86, 118, 128, 134, 135, 138, 139];
const EXTENDED_SAR = 255;
/** No limit is told; motion vectors up to the standard's own (section E.2.1). */
const UNRESTRICTED = { overBoundaries: 1 as 0 | 1, bytes: 0, bits: 0, horizontal: 16, vertical: 16 };

/**
 * A sequence parameter set that lets a decoder show each picture as soon as it is decoded: without
 * `max_num_reorder_frames = 0` many hold as many pictures back as their level would allow to be reordered.
 * @param nal with its header byte; returned as it is when it says so already, or cannot be read
 */
export function showAtOnce(nal: Buffer): Buffer {
  try {
    return rewrite(nal);
  } catch {
    return nal;
  }
}

function rewrite(nal: Buffer): Buffer {
  const reader = new BitReader(nal.subarray(1));
  const references = readUpToVui(reader);
  const vuiAt = reader.position;
  const flags = reader.bit() ? readVui(reader) : undefined;
  const restrictionAt = reader.position;
  const restriction = flags ? readRestriction(reader) : undefined;
  const pictures = Math.max(references, 1);
  if (restriction?.reordered === 0 && restriction.buffered <= pictures) return nal;
  const { overBoundaries, bytes, bits, horizontal, vertical } = restriction ?? UNRESTRICTED;
  const writer = new BitWriter().push(reader.slice(0, vuiAt));
  // All that a VUI may tell, none of it told.
  writer.push(flags ? reader.slice(vuiAt, restrictionAt) : [1, 0, 0, 0, 0, 0, 0, 0, 0]);
  writer.bit(1).bit(overBoundaries).ue(bytes).ue(bits).ue(horizontal).ue(vertical).ue(0).ue(pictures);
  return Buffer.concat([nal.subarray(0, 1), writer.payload()]);
}

/** @returns how many pictures later ones may refer to */
function readUpToVui(reader: BitReader): number {
  const profile = reader.bits(8);
  reader.bits(16);
  reader.ue();
  if (HIGH_PROFILES.includes(profile)) readHigh(reader);
  reader.ue();
  readPictureOrder(reader);
  const references = reader.ue();
  reader.bit();
  reader.ue();
  reader.ue();
  if (reader.bit() === 0) reader.bit();
  reader.bit();
  if (reader.bit()) for (let i = 0; i < 4; i++) reader.ue();
  return references;
}

function readHigh(reader: BitReader): void {
  const chroma = reader.ue();
  if (chroma === 3) reader.bit();
  reader.ue();
  reader.ue();
  reader.bit();
  if (reader.bit() === 0) return;
  for (let i = 0; i < (chroma === 3 ? 12 : 8); i++) if (reader.bit()) readScalingList(reader, i < 6 ? 16 : 64);
}

function readScalingList(reader: BitReader, size: number): void {
  let next = 8;
  let last = 8;
  for (let i = 0; i < size && next !== 0; i++) {
    next = (last + reader.se() + 256) % 256;
    if (next !== 0) last = next;
  }
}

function readPictureOrder(reader: BitReader): void {
  const type = reader.ue();
  if (type === 0) reader.ue();
  if (type !== 1) return;
  reader.bit();
  reader.se();
  reader.se();
  for (let count = Math.min(reader.ue(), 255); count > 0; count--) reader.se();
}

/** All but the bitstream restriction, which comes last (section E.1.1). */
function readVui(reader: BitReader): true {
  if (reader.bit() && reader.bits(8) === EXTENDED_SAR) reader.bits(32);
  if (reader.bit()) reader.bit();
  if (reader.bit()) {
    reader.bits(4);
    if (reader.bit()) reader.bits(24);
  }
  if (reader.bit()) {
    reader.ue();
    reader.ue();
  }
  if (reader.bit()) reader.bits(65);
  const nal = reader.bit();
  if (nal) readHrd(reader);
  const vcl = reader.bit();
  if (vcl) readHrd(reader);
  if (nal || vcl) reader.bit();
  reader.bit();
  return true;
}

function readHrd(reader: BitReader): void {
  const count = Math.min(reader.ue() + 1, 32);
  reader.bits(8);
  for (let i = 0; i < count; i++) {
    reader.ue();
    reader.ue();
    reader.bit();
  }
  reader.bits(20);
}

function readRestriction(reader: BitReader) {
  if (reader.bit() === 0) return undefined;
  return {
    overBoundaries: reader.bit() as 0 | 1,
    bytes: reader.ue(),
    bits: reader.ue(),
    horizontal: reader.ue(),
    vertical: reader.ue(),
    reordered: reader.ue(),
    buffered: reader.ue(),
  };
}
