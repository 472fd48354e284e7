/** NAL unit types that matter here (ITU-T H.264 table 7-1). */
export const NAL = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, accessUnitDelimiter: 9, filler: 12 } as const;

export function nalType(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

/** Delimiters and filler mean nothing inside RTP (RFC 6184 section 1.3). */
export function isForDecoder(nal: Uint8Array): boolean {
  const type = nalType(nal);
  return type !== NAL.accessUnitDelimiter && type !== NAL.filler;
}

/** Splits an Annex B byte stream at its start codes; the parts share the stream's memory. */
export function splitAnnexB(stream: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  let start = -1;
  let at = stream.indexOf("\0\0\u0001", 0, "latin1");
  while (at !== -1) {
    if (start !== -1) nals.push(trimTrailingZeros(stream.subarray(start, at)));
    start = at + 3;
    at = stream.indexOf("\0\0\u0001", start, "latin1");
  }
  if (start !== -1) nals.push(trimTrailingZeros(stream.subarray(start)));
  return nals.filter((nal) => nal.length > 0);
}

/** A four-byte start code begins with a zero that belongs to no NAL unit. */
function trimTrailingZeros(nal: Buffer): Buffer {
  let end = nal.length;
  while (end > 0 && nal[end - 1] === 0) end--;
  return nal.subarray(0, end);
}
