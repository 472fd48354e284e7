import { HANDSHAKE } from "./dtls-handshake.ts";
import { CONTENT } from "./dtls-record.ts";
import type { DtlsInternals } from "./dtls-werift.ts";

const DTLS_1_2 = 0xfefd;
/** TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 and TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: forward secrecy and AEAD. */
const SUITES: readonly (number | undefined)[] = [0xc02b, 0xc02f];
const SERVER_FLIGHT = 4;

/**
 * Whether a client may send before the server's Finished (RFC 7918 section 4): what is only authenticated by that could
 * not have been talked down to anything weak. That the server holds the key of the certificate that its SDP names, and
 * signed its key exchange with it, `DtlsGate` has checked before a client's last flight.
 */
export function mayFalseStart({ dtls, cipher, srtp }: DtlsInternals): boolean {
  const hello = dtls.handshakeCache[SERVER_FLIGHT]?.data.find(({ msg_type }) => msg_type === HANDSHAKE.serverHello);
  return (
    hello?.fragment.readUInt16BE(0) === DTLS_1_2 &&
    SUITES.includes(cipher.cipherSuite) &&
    dtls.remoteExtendedMasterSecret &&
    srtp.srtpProfile !== undefined
  );
}

/**
 * Told once, when the client's Finished was handed to the network: from then on a False Start is possible. Everything
 * sent after that comes after it.
 */
export function whenFinishedLeft({ transport }: DtlsInternals, onLeft: () => void): void {
  const { send } = transport;
  transport.send = async (bytes) => {
    const isFinished = bytes[0] === CONTENT.handshake && bytes.readUInt16BE(3) === 1;
    if (isFinished) transport.send = send;
    await send(bytes);
    if (isFinished) onLeft();
  };
}
