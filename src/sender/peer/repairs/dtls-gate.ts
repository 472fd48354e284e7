import { alertRecord, DTLS_ALERT, DtlsRefusal, endsConnection } from "./dtls-alert.ts";
import { stopFlights } from "./dtls-flight.ts";
import {
  HANDSHAKE,
  type HandshakeFragment,
  type HandshakeMessage,
  parseHandshakeFragments,
  serializeHandshake,
} from "./dtls-handshake.ts";
import { DtlsProof } from "./dtls-proof.ts";
import { Reassembly } from "./dtls-reassembly.ts";
import { CONTENT, type DtlsRecord, parseRecords } from "./dtls-record.ts";
import type { DtlsInternals, WeriftHandshake } from "./dtls-werift.ts";

const CLIENT_SESSION = 1;
/** Explicit nonce and tag of AES-GCM (RFC 5288): less is nothing that was encrypted. */
const ENCRYPTED_MIN_BYTES = 24;
/** A flight goes out again once for as many copies of what it answered as come within so long. */
const RESEND_EVERY_MS = 50;
/** The server's second flight, ServerHello to ServerHelloDone, and its last; one past any flight. */
const FLIGHT = { serverHello: 4, serverFinished: 6, none: 7 } as const;

/**
 * Stands between the network and werift's DTLS. werift sees whole handshake messages, in order, once, each checked
 * before; and once the peer's Finished was checked, nothing but what the peer encrypted: no ClientHello, no alert and
 * no data in the clear.
 */
export class DtlsGate {
  readonly #socket: DtlsInternals;
  readonly #server: boolean;
  readonly #proof: DtlsProof;
  readonly #reassembly = new Reassembly();
  /** `messageSeq` that is due. A server knows it when it accepted a ClientHello: with a cookie 2, without 1. */
  #due: number | undefined;
  #finished: HandshakeMessage | undefined;
  #closed = false;
  #resentAtMs = Number.NEGATIVE_INFINITY;

  /** @param requireNamed throws for a certificate, in DER, that the peer's SDP does not name */
  constructor(socket: DtlsInternals, requireNamed: (certificate: Buffer) => void) {
    this.#socket = socket;
    this.#server = socket.sessionType !== CLIENT_SESSION;
    this.#proof = new DtlsProof(socket, this.#server ? "server" : "client", requireNamed);
    if (!this.#server) this.#due = 0;
  }

  /** Takes any bytes, and never throws. */
  receive(datagram: Buffer): void {
    for (const record of parseRecords(datagram)) {
      if (this.#closed) return;
      try {
        // One that was not encrypted by the peer is followed by none that was.
        if (!this.#receiveRecord(record)) return;
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  /** Ends werift's retransmissions too, which would go on for half a minute. */
  close(): void {
    this.#closed = true;
    stopFlights(this.#socket.dtls);
    this.#socket.dtls.flight = FLIGHT.none;
  }

  /** @returns false for what cannot be the peer's */
  #receiveRecord(record: DtlsRecord): boolean {
    const { contentType, epoch } = record.recordLayerHeader;
    if (epoch === 0 && this.#finished) return true;
    if (epoch === 1 && !this.#socket.cipher.cipher) return true;
    const content = epoch === 0 ? record.fragment : this.#decrypt(record);
    if (!content) return false;
    if (contentType === CONTENT.handshake)
      for (const fragment of parseHandshakeFragments(content, epoch)) this.#receiveFragment(fragment);
    else if (contentType === CONTENT.alert && endsConnection(content)) this.#receiveAlert(content);
    else if (contentType === CONTENT.applicationData && this.#socket.connected) this.#deliverData(content);
    return true;
  }

  /** @returns undefined for what the peer did not encrypt, which RFC 6347 4.1.2.7 has us drop without a word */
  #decrypt(record: DtlsRecord): Buffer | undefined {
    if (record.recordLayerHeader.epoch !== 1 || record.fragment.length < ENCRYPTED_MIN_BYTES) return;
    try {
      return this.#socket.cipher.decryptPacket(record);
    } catch {
      return;
    }
  }

  #receiveAlert(content: Buffer): void {
    if (this.#socket.connected) {
      this.close();
      this.#socket.onClose.execute();
    } else throw new Error(`The peer ended the DTLS handshake with alert ${content[1]}.`);
  }

  #deliverData(content: Buffer): void {
    try {
      this.#socket.onData.execute(content);
    } catch {
      // SCTP that cannot be read is lost like a lost packet; the DTLS below it is sound.
    }
  }

  #receiveFragment(fragment: HandshakeFragment): void {
    if (this.#closed) return;
    if (this.#finished) this.#resendLastFlight(fragment, this.#finished);
    else if (this.#server && this.#due === undefined && !this.#acceptedHello()) this.#receiveHello(fragment);
    else this.#receiveDue(fragment);
  }

  /** Each ClientHello goes to werift, which answers one without its cookie with a HelloVerifyRequest. */
  #receiveHello(fragment: HandshakeFragment): void {
    if (fragment.type !== HANDSHAKE.clientHello || fragment.epoch !== 0) return;
    this.#reassembly.add(fragment);
    const hello = this.#reassembly.take(fragment.messageSeq);
    if (hello) this.#deliver(hello);
  }

  #acceptedHello(): WeriftHandshake | undefined {
    return this.#socket.dtls.handshakeCache[FLIGHT.serverHello]?.data.find(
      ({ msg_type }) => msg_type === HANDSHAKE.clientHello,
    );
  }

  #receiveDue(fragment: HandshakeFragment): void {
    const hello = this.#server ? this.#acceptedHello() : undefined;
    if (hello && this.#due === undefined) {
      this.#due = hello.message_seq + 1;
      this.#reassembly.startAt(this.#due);
    }
    if (hello && fragment.messageSeq === hello.message_seq) this.#resendServerHello(fragment, hello);
    this.#reassembly.add(fragment);
    while (this.#due !== undefined && !this.#closed) {
      const message = this.#reassembly.take(this.#due);
      if (!message) return;
      this.#due++;
      this.#reassembly.startAt(this.#due);
      this.#proof.check(message);
      if (message.type === HANDSHAKE.finished) this.#finished = message;
      this.#deliver(message);
    }
  }

  /** The same ClientHello again: our answer was lost. werift would begin anew. */
  #resendServerHello({ type, offset, body }: HandshakeFragment, hello: WeriftHandshake): void {
    const accepted = hello.serialize().subarray(-hello.length);
    const begins = type === HANDSHAKE.clientHello && offset === 0 && body.length > 0;
    const same = begins && accepted.subarray(0, body.length).equals(body);
    if (same && this.#socket.dtls.flight === FLIGHT.serverHello) this.#resend();
  }

  /** The client's Finished again: ours was lost. Anything else after the handshake is refused by silence. */
  #resendLastFlight({ type, epoch, messageSeq, body }: HandshakeFragment, finished: HandshakeMessage): void {
    const same = type === finished.type && epoch === finished.epoch && messageSeq === finished.messageSeq;
    if (same && body.equals(finished.body) && this.#socket.dtls.flight === FLIGHT.serverFinished) this.#resend();
  }

  #resend(): void {
    const nowMs = performance.now();
    if (nowMs - this.#resentAtMs < RESEND_EVERY_MS) return;
    this.#resentAtMs = nowMs;
    for (const bytes of this.#socket.dtls.lastMessage) void this.#socket.transport.send(bytes);
  }

  #deliver(message: HandshakeMessage): void {
    const { type, messageSeq, body } = message;
    this.#socket
      .onHandleHandshakes([
        {
          msg_type: type,
          length: body.length,
          message_seq: messageSeq,
          fragment_offset: 0,
          fragment_length: body.length,
          fragment: body,
          serialize: () => serializeHandshake(message),
        },
      ])
      .catch((error: Error) => this.#fail(error));
  }

  #fail(error: Error): void {
    if (this.#closed || this.#socket.connected) return;
    this.close();
    const alert = alertRecord(this.#socket, error instanceof DtlsRefusal ? error.alert : DTLS_ALERT.handshakeFailure);
    // The socket closes with the failure, so the alert goes first.
    this.#socket.transport.send(alert).finally(() => {
      this.#socket.onError.execute(error);
      this.#socket.close();
    });
  }
}
