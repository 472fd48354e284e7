/** RTP header extensions that are offered to viewers, in their one-byte form (RFC 8285 section 4.2). */
export const PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
export const TRANSPORT_WIDE_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
export const SDES_MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid";

/** The ids that were negotiated; one that is absent is not sent. */
export interface ExtensionIds {
  playoutDelay?: number;
  transportWide?: number;
  mid?: number;
}

export interface ExtensionValues {
  /** How long the viewer holds a frame back. */
  playoutMs: number;
  /** The lower 16 bits are written; `undefined` where the extension was not negotiated. */
  transportNumber: number | undefined;
  /** The media section's id, or nothing where the SSRC says enough. */
  mid: Buffer | undefined;
}

const ONE_BYTE_PROFILE = 0xbede;
const ID_MAX = 14;
const VALUE_MAX_BYTES = 16;
const PLAYOUT_UNIT_MS = 10;
const PLAYOUT_MAX = 0xfff;

/** Extension header, the three elements, padding. */
export const EXTENSIONS_MAX_BYTES = 4 + 4 + 3 + 1 + VALUE_MAX_BYTES;

export function negotiatedIds(extensions: readonly { uri: string; id: number }[]): ExtensionIds {
  const idOf = (uri: string) => extensions.find((extension) => extension.uri === uri && extension.id <= ID_MAX)?.id;
  return {
    playoutDelay: idOf(PLAYOUT_DELAY_URI),
    transportWide: idOf(TRANSPORT_WIDE_CC_URI),
    mid: idOf(SDES_MID_URI),
  };
}

/** @returns how many bytes were written, a multiple of four; none when nothing was negotiated */
export function writeExtensions(bytes: Buffer, at: number, ids: ExtensionIds, values: ExtensionValues): number {
  const from = at + 4;
  let end = from;
  if (ids.playoutDelay !== undefined) {
    bytes[end] = (ids.playoutDelay << 4) | 2;
    const units = Math.min(PLAYOUT_MAX, Math.max(0, Math.round(values.playoutMs / PLAYOUT_UNIT_MS)));
    // The least and the greatest that the player may choose, of twelve bits each.
    bytes.writeUIntBE(units * 0x1000 + units, end + 1, 3);
    end += 4;
  }
  if (ids.transportWide !== undefined && values.transportNumber !== undefined) {
    bytes[end] = (ids.transportWide << 4) | 1;
    bytes.writeUInt16BE(values.transportNumber % 0x10000, end + 1);
    end += 3;
  }
  const { mid } = values;
  if (ids.mid !== undefined && mid && mid.length > 0 && mid.length <= VALUE_MAX_BYTES) {
    bytes[end] = (ids.mid << 4) | (mid.length - 1);
    end += 1 + mid.copy(bytes, end + 1);
  }
  if (end === from) return 0;
  while ((end - from) % 4) bytes[end++] = 0;
  bytes.writeUInt16BE(ONE_BYTE_PROFILE, at);
  bytes.writeUInt16BE((end - from) / 4, at + 2);
  return end - at;
}
