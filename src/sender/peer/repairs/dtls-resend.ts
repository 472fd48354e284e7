import { HANDSHAKE } from "./dtls-handshake.ts";
import { CONTENT, type DtlsRecord, serializeRecord } from "./dtls-record.ts";
import type { DtlsInternals } from "./dtls-werift.ts";

/** As browsers do (RFC 6347 4.2.4.1 would begin with a second, for want of a measured round trip). */
const FIRST_MS = 50;
const LONGEST_MS = 2_000;
/** Of a round trip: less, and every flight would go out twice. */
const ROUND_TRIPS = 1.5;
/** A client's flights that wait for an answer: the hello, the hello with a cookie, and the one that ends in Finished. */
const AWAITING: readonly number[] = [1, 3, 5];
const CHANGE_CIPHER_SPEC = Buffer.from([1]);

/**
 * How long to wait for the answer to a flight.
 * @param attempt how often it was sent again, from 0
 * @param rttMs undefined where none was measured
 */
export function resendAfterMs(attempt: number, rttMs: number | undefined): number {
  return Math.min(Math.max(FIRST_MS, (rttMs ?? 0) * ROUND_TRIPS) * 2 ** attempt, LONGEST_MS);
}

/**
 * werift 0.25.2 waits 500 ms before it sends a client's flight again, and then sends the same records, which a peer that
 * had them takes for replays: a lost answer is then never repeated. With this a flight goes out again soon, under new
 * record numbers (RFC 6347 4.2.4), until the next one does.
 */
export class FlightResender {
  readonly #socket: DtlsInternals;
  readonly #rttMs: () => number | undefined;
  readonly #send: (bytes: Buffer) => Promise<void>;
  #flight = 0;
  #attempt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param socket a client that has sent nothing yet */
  constructor(socket: DtlsInternals, rttMs: () => number | undefined) {
    this.#socket = socket;
    this.#rttMs = rttMs;
    this.#send = socket.transport.send;
    socket.transport.send = (bytes) => {
      if (socket.dtls.flight !== this.#flight) this.#begin(socket.dtls.flight);
      return this.#send(bytes);
    };
  }

  /** The peer may not have been ready to hear the hello when it came. */
  resendHello(): void {
    if (this.#flight === 1 && this.#isAwaited) this.#resend();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  get #isAwaited(): boolean {
    const { connected, dtls } = this.#socket;
    return !connected && dtls.flight === this.#flight && AWAITING.includes(dtls.flight);
  }

  #begin(flight: number): void {
    this.#flight = flight;
    this.#attempt = 0;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isAwaited) this.#timer = setTimeout(() => this.#retry(), resendAfterMs(this.#attempt, this.#rttMs()));
  }

  #retry(): void {
    if (!this.#isAwaited) return;
    this.#resend();
    this.#attempt++;
    this.#schedule();
  }

  #resend(): void {
    for (const record of flightRecords(this.#socket, this.#flight)) void this.#send(record);
  }
}

/** The records of a client's flight, numbered anew. */
function flightRecords(socket: DtlsInternals, flight: number): Buffer[] {
  return (socket.dtls.handshakeCache[flight]?.data ?? []).flatMap((message) => {
    const bytes = message.serialize();
    if (message.msg_type !== HANDSHAKE.finished) return [serializeRecord(record(socket, CONTENT.handshake, 0, bytes))];
    const change = record(socket, CONTENT.changeCipherSpec, 0, CHANGE_CIPHER_SPEC);
    const finished = socket.cipher.encryptPacket(record(socket, CONTENT.handshake, 1, bytes));
    return [change, finished].map(serializeRecord);
  });
}

function record({ dtls }: DtlsInternals, contentType: number, epoch: number, fragment: Buffer): DtlsRecord {
  const sequenceNumber = ++dtls.recordSequenceNumber;
  const { version: protocolVersion } = dtls;
  const contentLen = fragment.length;
  return { recordLayerHeader: { contentType, protocolVersion, epoch, sequenceNumber, contentLen }, fragment };
}
