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
const DATA = 0;
const DATA_STREAM_AT = 8;
const SACK = 3;
const SACK_GAPS_AT = 16;
const FORWARD_TSN = 192;
const FORWARDED_AT = 8;
const FORWARDED_BYTES = 4;
/** In all blocks of one SACK; werift counts them one by one. Here nothing is sent but answers about channels. */
const GAPPED_MAX = 1_024;
/** Of one packet. A browser's has a few chunks, or as many small messages as a datagram takes. */
const PARTS_MAX = 64;
/** They are numbered from 0 on. werift walks over all that it has heard of, again and again. */
const STREAMS_MAX = 256;

export interface SctpContents {
  /** Chunks, their parameters, and the streams that they forward: werift does something about each. */
  parts: number;
  hasData: boolean;
}

/**
 * @returns what is in an SCTP packet that is laid out so that werift 0.25.2 reads it to an end, and soon; `undefined` of any
 * other: a chunk or a parameter of length 0 would hold this process for ever, many wide gaps for long
 */
export function lookThroughSctp(packet: Buffer): SctpContents | undefined {
  if (packet.length < HEADER_BYTES) return undefined;
  const contents = { parts: 0, hasData: false };
  for (let at = HEADER_BYTES; at + CHUNK_HEADER_BYTES <= packet.length; ) {
    const length = packet.readUInt16BE(at + 2);
    if (length < CHUNK_HEADER_BYTES || at + length > packet.length) return undefined;
    const type = packet.readUInt8(at);
    const parts = partsOf(type, packet.subarray(at, at + length));
    if (parts === undefined) return undefined;
    contents.parts += 1 + parts;
    contents.hasData ||= type === DATA;
    at += padded(length);
  }
  return contents.parts <= PARTS_MAX ? contents : undefined;
}

function partsOf(type: number, chunk: Buffer): number | undefined {
  if (type === DATA) return isOfFewStreams(chunk, DATA_STREAM_AT) ? 0 : undefined;
  if (type === SACK) return hasModestGaps(chunk) ? 0 : undefined;
  if (type === FORWARD_TSN) return forwarded(chunk);
  const from = PARAMETERS_AT.get(type);
  return from === undefined ? 0 : parametersIn(chunk.subarray(from));
}

function parametersIn(parameters: Buffer): number | undefined {
  let count = 0;
  for (let at = 0; at + PARAMETER_HEADER_BYTES <= parameters.length; count++) {
    const length = parameters.readUInt16BE(at + 2);
    if (length < PARAMETER_HEADER_BYTES || at + length > parameters.length) return undefined;
    at += padded(length);
  }
  return count;
}

function forwarded(chunk: Buffer): number | undefined {
  let count = 0;
  for (let at = FORWARDED_AT; at < chunk.length; at += FORWARDED_BYTES) {
    if (count++ >= PARTS_MAX || !isOfFewStreams(chunk, at)) return undefined;
  }
  return count;
}

function isOfFewStreams(chunk: Buffer, at: number): boolean {
  return at + 2 <= chunk.length && chunk.readUInt16BE(at) < STREAMS_MAX;
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
