import { FINGERPRINT, INTEGRITY, isStun, stunAttributes } from "./stun-attributes.ts";

/** A check has seven, an answer of a TURN server a few more. */
const ATTRIBUTES_MAX = 32;
/** An IPv6 address with its port and family. */
const ADDRESS_MAX_BYTES = 20;
/** MAPPED-, SOURCE-, CHANGED-, XOR-PEER-, XOR-RELAYED- and XOR-MAPPED-ADDRESS, RESPONSE-ORIGIN and OTHER-ADDRESS. */
const ADDRESSES = new Set([0x0001, 0x0004, 0x0005, 0x0012, 0x0016, 0x0020, 0x8020, 0x802b, 0x802c]);
const HASHES = new Set([INTEGRITY, FINGERPRINT]);

/**
 * werift 0.25.2 reads a STUN message before it looks who signed it: an address byte by byte, each time copying all so far,
 * and a hash for each attribute that is one, however many there are. One datagram of 65 kB from anybody takes 0.8 s.
 * @returns whether a datagram is no STUN, or STUN that is read in no time
 */
export function isBoundedStun(datagram: Buffer): boolean {
  if (!isStun(datagram)) return true;
  const hashes = new Set<number>();
  let count = 0;
  for (const { type, length } of stunAttributes(datagram)) {
    if (count++ >= ATTRIBUTES_MAX || hashes.has(type)) return false;
    if (ADDRESSES.has(type) && length > ADDRESS_MAX_BYTES) return false;
    if (HASHES.has(type)) hashes.add(type);
  }
  return true;
}
