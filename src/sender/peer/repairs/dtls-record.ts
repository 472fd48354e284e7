const HEADER_BYTES = 13;
/** DTLS 1.0 and 1.2 are 254.255 and 254.253. */
const DTLS_MAJOR = 254;

/** RFC 5246 6.2.1. */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** RFC 6347 4.1, in the names that werift's cipher reads. */
export interface DtlsRecord {
  recordLayerHeader: {
    contentType: number;
    protocolVersion: { major: number; minor: number };
    epoch: number;
    sequenceNumber: number;
    contentLen: number;
  };
  fragment: Buffer;
}

/** By its first byte, apart from STUN and SRTP on the same socket (RFC 7983). */
export function isDtls(datagram: Buffer): boolean {
  const first = datagram[0] ?? 0;
  return first >= 20 && first <= 63;
}

/** The records of a datagram up to the first that is malformed: the rest cannot be told apart (RFC 6347 4.1.2.7). */
export function parseRecords(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let start = 0; datagram.length - start >= HEADER_BYTES; ) {
    const contentLen = datagram.readUInt16BE(start + 11);
    const end = start + HEADER_BYTES + contentLen;
    const major = datagram.readUInt8(start + 1);
    if (end > datagram.length || major !== DTLS_MAJOR) break;
    records.push({
      recordLayerHeader: {
        contentType: datagram.readUInt8(start),
        protocolVersion: { major, minor: datagram.readUInt8(start + 2) },
        epoch: datagram.readUInt16BE(start + 3),
        sequenceNumber: datagram.readUIntBE(start + 5, 6),
        contentLen,
      },
      fragment: datagram.subarray(start + HEADER_BYTES, end),
    });
    start = end;
  }
  return records;
}

export function serializeRecord({ recordLayerHeader: header, fragment }: DtlsRecord): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt8(header.contentType, 0);
  bytes.writeUInt8(header.protocolVersion.major, 1);
  bytes.writeUInt8(header.protocolVersion.minor, 2);
  bytes.writeUInt16BE(header.epoch, 3);
  bytes.writeUIntBE(header.sequenceNumber, 5, 6);
  bytes.writeUInt16BE(fragment.length, 11);
  return Buffer.concat([bytes, fragment]);
}
