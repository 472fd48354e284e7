const HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;
const PARAMETER_HEADER_BYTES = 4;

/** Chunks that are parameters behind a header of so many bytes (RFC 9260 section 3.3, RFC 6525 section 3.1). */
const PARAMETERS_AT = new Map([
  [1, 20],
  [2, 20],
  // Heartbeats, abort, error, re-configuration.
  ...[4, 5, 6, 9, 130].map((type) => [type, CHUNK_HEADER_BYTES] as const),
]);
const SACK = 3;
const SACK_GAPS_AT = 16;
/** In all blocks of one SACK; werift counts them one by one. */
const GAPPED_MAX = 16_384;

/**
 * Whether an SCTP packet is laid out so that werift 0.25.2 reads it to an end: a chunk or a parameter of length 0 would
 * hold this process for ever, a SACK of many wide gaps for seconds.
 */
export function isReadableSctp(packet: Buffer): boolean {
  if (packet.length < HEADER_BYTES) return false;
  for (let at = HEADER_BYTES; at + CHUNK_HEADER_BYTES <= packet.length; ) {
    const length = packet.readUInt16BE(at + 2);
    if (length < CHUNK_HEADER_BYTES || at + length > packet.length) return false;
    if (!isReadableChunk(packet.readUInt8(at), packet.subarray(at, at + length))) return false;
    at += padded(length);
  }
  return true;
}

function isReadableChunk(type: number, chunk: Buffer): boolean {
  if (type === SACK) return hasModestGaps(chunk);
  const from = PARAMETERS_AT.get(type);
  return from === undefined || hasReadableParameters(chunk.subarray(from));
}

function hasReadableParameters(parameters: Buffer): boolean {
  for (let at = 0; at + PARAMETER_HEADER_BYTES <= parameters.length; ) {
    const length = parameters.readUInt16BE(at + 2);
    if (length < PARAMETER_HEADER_BYTES || at + length > parameters.length) return false;
    at += padded(length);
  }
  return true;
}

function hasModestGaps(chunk: Buffer): boolean {
  if (chunk.length < SACK_GAPS_AT) return false;
  const blocks = chunk.readUInt16BE(12);
  if (SACK_GAPS_AT + 4 * blocks > chunk.length) return false;
  let gapped = 0;
  for (let block = 0; block < blocks; block++) {
    const at = SACK_GAPS_AT + 4 * block;
    gapped += Math.max(0, chunk.readUInt16BE(at + 2) - chunk.readUInt16BE(at)) + 1;
  }
  return gapped <= GAPPED_MAX;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
