/** SCTP's first chunk, which bears no tag yet. */
const INIT = 1;
const PORT = 5_000;

/** @param chunks of a packet whose tag and checksum are right (RFC 9260 section 3) */
export function sctpPacket(tag: number, ...chunks: Buffer[]): Buffer {
  const packet = Buffer.concat([Buffer.alloc(12), ...chunks]);
  packet.writeUInt16BE(PORT, 0);
  packet.writeUInt16BE(PORT, 2);
  packet.writeUInt32BE(chunks[0]?.[0] === INIT ? 0 : tag, 4);
  packet.writeUInt32LE(crc32c(packet), 8);
  return packet;
}

/** Castagnoli's polynomial, reflected (RFC 9260 appendix A). */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
