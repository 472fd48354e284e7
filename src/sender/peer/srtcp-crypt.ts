/** Of each RTCP packet: its head and who speaks, never encrypted. */
export const HEADER_BYTES = 8;
export const INDEX_BYTES = 4;
/** Stands in front of the index. */
export const ENCRYPTED = 0x80000000;

/** One direction's SRTCP (RFC 3711 section 3.4, RFC 7714 section 9), but for which index is due. */
export interface SrtcpCrypt {
  /** Where the index stands. */
  readonly indexFromEnd: number;
  /** @returns the compound packet, or nothing when it is not the other end's */
  open(packet: Buffer, index: number): Buffer | undefined;
  /** @param index below 2^31, never the same one again */
  seal(compound: Buffer, index: number): Buffer;
}
