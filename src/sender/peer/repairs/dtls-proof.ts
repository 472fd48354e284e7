import type { KeyObject } from "node:crypto";
import { DTLS_ALERT, DtlsRefusal } from "./dtls-alert.ts";
import { leafCertificate, publicKeyOf, requireSignature } from "./dtls-certificate.ts";
import { requireFinished } from "./dtls-finished.ts";
import { HANDSHAKE, type HandshakeMessage } from "./dtls-handshake.ts";
import { type DtlsRole, requireInOrder } from "./dtls-message-order.ts";
import { requireSignedKey } from "./dtls-server-key-exchange.ts";
import type { DtlsInternals } from "./dtls-werift.ts";

/** What one handshake has proven so far about the peer. Messages come in order, each before werift acts on it. */
export class DtlsProof {
  readonly #socket: DtlsInternals;
  readonly #role: DtlsRole;
  readonly #requireNamed: (certificate: Buffer) => void;
  #previous: number | undefined;
  #presented: { certificate: Buffer; key: KeyObject } | undefined;

  /** @param requireNamed throws for a certificate, in DER, that the peer's SDP does not name */
  constructor(socket: DtlsInternals, role: DtlsRole, requireNamed: (certificate: Buffer) => void) {
    this.#socket = socket;
    this.#role = role;
    this.#requireNamed = requireNamed;
    if (role === "server") this.#previous = HANDSHAKE.clientHello;
  }

  /**
   * A Finished that passes means: whoever speaks holds the key of the certificate that the SDP names. So does, of a server,
   * its key exchange.
   * @throws DtlsRefusal
   */
  check(message: HandshakeMessage): void {
    requireInOrder(this.#role, this.#previous, message);
    this.#previous = message.type;
    const { type, body } = message;
    if (type === HANDSHAKE.certificate) {
      const certificate = leafCertificate(body);
      this.#presented = { certificate, key: publicKeyOf(certificate) };
      this.#requireNamed(certificate);
    } else if (type === HANDSHAKE.certificateVerify) {
      requireSignature(this.#peer().key, this.#transcript(), body);
    } else if (type === HANDSHAKE.serverKeyExchange) {
      requireSignedKey(this.#peer().key, this.#randoms(), body);
    } else if (type === HANDSHAKE.finished) {
      const { masterSecret, remoteCertificate } = this.#socket.cipher;
      if (!masterSecret || !remoteCertificate?.equals(this.#peer().certificate))
        throw new DtlsRefusal(DTLS_ALERT.handshakeFailure, "The DTLS handshake ended without keys or certificate.");
      requireFinished(masterSecret, this.#transcript(), this.#role === "server" ? "client" : "server", body);
    }
  }

  #peer(): { certificate: Buffer; key: KeyObject } {
    if (this.#presented) return this.#presented;
    throw new DtlsRefusal(DTLS_ALERT.handshakeFailure, "The peer presented no DTLS certificate.");
  }

  #transcript(): Buffer {
    return Buffer.concat(this.#socket.dtls.sortedHandshakeCache.map((message) => message.serialize()));
  }

  /** The client's, then the server's. Asked for as client only: a server signs no key exchange of ours. */
  #randoms(): Buffer {
    const { localRandom, remoteRandom } = this.#socket.cipher;
    if (localRandom && remoteRandom) return Buffer.concat([localRandom.serialize(), remoteRandom.serialize()]);
    throw new DtlsRefusal(DTLS_ALERT.handshakeFailure, "The DTLS handshake began without random values.");
  }
}
