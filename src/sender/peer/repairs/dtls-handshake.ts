/** Longer handshake messages are nothing a WebRTC peer sends; RFC 5246 would allow 16 MiB. */
const MAX_MESSAGE_BYTES = 16_384;
const HEADER_BYTES = 12;

/** RFC 5246 7.4, RFC 6347 4.3.2. */
export const HANDSHAKE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** One fragment of a handshake message, as it stands in a record (RFC 6347 4.2.2). */
export interface HandshakeFragment {
  type: number;
  /** Counts the messages of one end, from 0. */
  messageSeq: number;
  /** Of the record that brought it: 0 in the clear, 1 encrypted. */
  epoch: number;
  messageLength: number;
  offset: number;
  body: Buffer;
}

export type HandshakeMessage = Pick<HandshakeFragment, "type" | "messageSeq" | "epoch" | "body">;

/** @returns every fragment in the record's content, or none when any of them is malformed */
export function parseHandshakeFragments(content: Buffer, epoch: number): HandshakeFragment[] {
  const fragments: HandshakeFragment[] = [];
  for (let start = 0; start < content.length; ) {
    if (content.length - start < HEADER_BYTES) return [];
    const messageLength = content.readUIntBE(start + 1, 3);
    const offset = content.readUIntBE(start + 6, 3);
    const length = content.readUIntBE(start + 9, 3);
    const end = start + HEADER_BYTES + length;
    if (end > content.length || offset + length > messageLength || messageLength > MAX_MESSAGE_BYTES) return [];
    fragments.push({
      type: content.readUInt8(start),
      messageSeq: content.readUInt16BE(start + 4),
      epoch,
      messageLength,
      offset,
      body: content.subarray(start + HEADER_BYTES, end),
    });
    start = end;
  }
  return fragments;
}

/** The message as one fragment, which is how transcripts hash it whatever fragments it came in (RFC 6347 4.2.6). */
export function serializeHandshake({ type, messageSeq, body }: HandshakeMessage): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUIntBE(body.length, 1, 3);
  header.writeUInt16BE(messageSeq, 4);
  header.writeUIntBE(body.length, 9, 3);
  return Buffer.concat([header, body]);
}
