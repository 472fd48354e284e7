const ERROR_RESPONSE = 0x0110;
const CLASS_BITS = 0xc110;
const HEADER_BYTES = 20;
const ERROR_CODE = 0x0009;

interface StunRequest {
  attributes: [string, unknown][];
}

interface TurnClient {
  transactions: Record<string, { integrityKey?: unknown } | undefined>;
  handleSTUNMessage(data: Buffer, from: unknown): void;
  request(request: StunRequest, ...rest: unknown[]): Promise<unknown>;
}

/**
 * A TURN server that finds a nonce stale answers 438 without MESSAGE-INTEGRITY, as RFC 8489 section 9.2.4 has it.
 * werift 0.25.2 drops such answers as forged, and signs the retry over its old signature, so that an allocation dies at
 * the first refresh after its nonce did: with coturn's defaults, after about 1,000 s.
 * @param protocol werift's protocol of a relay candidate, its TURN client under `turn`
 */
export function mendStaleNonce(protocol: object): void {
  const client = (protocol as { turn?: TurnClient }).turn;
  if (!client?.handleSTUNMessage || !client.request || !client.transactions) {
    throw new Error("this werift keeps its TURN client elsewhere: see mendStaleNonce");
  }
  const handle = client.handleSTUNMessage.bind(client);
  client.handleSTUNMessage = (data, from) => {
    if (isChallenge(data)) {
      // Unsigned by design; at worst a forger makes one request go out again, signed anew.
      const transaction = client.transactions[data.subarray(8, HEADER_BYTES).toString("hex")];
      if (transaction) transaction.integrityKey = undefined;
    }
    handle(data, from);
  };
  const request = client.request.bind(client);
  client.request = (message, ...rest) => {
    message.attributes = message.attributes.filter(([name]) => name !== "MESSAGE-INTEGRITY" && name !== "FINGERPRINT");
    return request(message, ...rest);
  };
}

/** An error response with code 401 or 438 (RFC 8489 section 14.8). */
function isChallenge(data: Buffer): boolean {
  if (data.length < HEADER_BYTES || (data.readUInt16BE(0) & CLASS_BITS) !== ERROR_RESPONSE) return false;
  for (let at = HEADER_BYTES; at + 4 <= data.length; ) {
    const length = data.readUInt16BE(at + 2);
    if (data.readUInt16BE(at) === ERROR_CODE && length >= 4 && at + 8 <= data.length) {
      const code = ((data[at + 6] as number) & 7) * 100 + (data[at + 7] as number);
      return code === 401 || code === 438;
    }
    at += 4 + ((length + 3) & ~3);
  }
  return false;
}
