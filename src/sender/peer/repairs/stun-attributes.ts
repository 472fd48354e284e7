/** RFC 8489 section 5: a header, and attributes of 4 bytes and their value, padded to 4. */
const HEADER_BYTES = 20;
const COOKIE = 0x2112a442;

/** Of MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT, each a hash over all before it. */
export const INTEGRITY = 0x0008;
export const INTEGRITY_SHA256 = 0x001c;
export const FINGERPRINT = 0x8028;

/**
 * By the first two bits, as werift 0.25.2 has it and RFC 8489 section 5, not by the first byte, of which RFC 7983 gives STUN
 * no more than four values: what this leaves out werift would read. No record of DTLS has the cookie there.
 */
export function isStun(datagram: Buffer): boolean {
  return datagram.length >= HEADER_BYTES && datagram.readUInt8(0) < 0x40 && datagram.readUInt32BE(4) === COOKIE;
}

/** The attributes of a STUN message as they stand there, whether they are known or not, come twice or are cut short. */
export function* stunAttributes(message: Buffer): Generator<{ type: number; length: number }> {
  for (let at = HEADER_BYTES; at + 4 <= message.length; ) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    yield { type, length };
    at += 4 + 4 * Math.ceil(length / 4);
  }
}

/** What follows the integrity was not signed, save a hash more of all (RFC 8489 section 14.5). */
export function isSignedToItsEnd(message: Buffer): boolean {
  const types = Array.from(stunAttributes(message), ({ type }) => type);
  const at = types.indexOf(INTEGRITY);
  return at >= 0 && types.slice(at + 1).every((type) => type === INTEGRITY_SHA256 || type === FINGERPRINT);
}
