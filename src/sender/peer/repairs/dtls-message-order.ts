import { DTLS_ALERT, DtlsRefusal } from "./dtls-alert.ts";
import { HANDSHAKE, type HandshakeMessage } from "./dtls-handshake.ts";

export type DtlsRole = "client" | "server";

/**
 * What the peer may send after what, from RFC 5246 7.3, for a full handshake in which both ends present a certificate:
 * werift 0.25.2 takes any message at any time, and so a certificate exchanged after it was proven.
 */
const FOLLOWS: Record<DtlsRole, ReadonlyMap<number | undefined, readonly number[]>> = {
  server: new Map([
    [HANDSHAKE.clientHello, [HANDSHAKE.certificate]],
    [HANDSHAKE.certificate, [HANDSHAKE.clientKeyExchange]],
    [HANDSHAKE.clientKeyExchange, [HANDSHAKE.certificateVerify]],
    [HANDSHAKE.certificateVerify, [HANDSHAKE.finished]],
  ]),
  client: new Map<number | undefined, readonly number[]>([
    [undefined, [HANDSHAKE.helloVerifyRequest, HANDSHAKE.serverHello]],
    [HANDSHAKE.helloVerifyRequest, [HANDSHAKE.serverHello]],
    [HANDSHAKE.serverHello, [HANDSHAKE.certificate]],
    [HANDSHAKE.certificate, [HANDSHAKE.serverKeyExchange]],
    [HANDSHAKE.serverKeyExchange, [HANDSHAKE.certificateRequest, HANDSHAKE.serverHelloDone]],
    [HANDSHAKE.certificateRequest, [HANDSHAKE.serverHelloDone]],
    [HANDSHAKE.serverHelloDone, [HANDSHAKE.finished]],
  ]),
};

/**
 * @param role ours
 * @param previous type of the peer's last message, undefined before its first
 * @throws DtlsRefusal when the message is not due, or not encrypted as it must be
 */
export function requireInOrder(role: DtlsRole, previous: number | undefined, message: HandshakeMessage): void {
  if (!FOLLOWS[role].get(previous)?.includes(message.type))
    throw new DtlsRefusal(
      DTLS_ALERT.unexpectedMessage,
      `The peer sent DTLS handshake message ${message.type} after ${previous ?? "none"}, where it may not stand.`,
    );
  if (message.epoch !== (message.type === HANDSHAKE.finished ? 1 : 0))
    throw new DtlsRefusal(
      DTLS_ALERT.unexpectedMessage,
      `The peer sent DTLS handshake message ${message.type} in epoch ${message.epoch}, where it may not stand.`,
    );
}
