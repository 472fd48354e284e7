import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, vi } from "vitest";
import { CipherContext, DtlsClient, DtlsServer, type DtlsSocket, HashAlgorithm, SignatureAlgorithm } from "werift";
import { guardSocket } from "../../src/sender/peer/repairs/dtls-trust.ts";

export type Certificate = Awaited<ReturnType<typeof CipherContext.createSelfSignedCertificateWithKey>>;
/** What becomes of a datagram on its way: the datagrams that arrive instead. */
export type Tamper = (datagram: Buffer) => Buffer[];

const AES_CM_128_HMAC_SHA1_80 = 0x0001;

export function ecdsaCertificate(): Promise<Certificate> {
  return certificate(SignatureAlgorithm.ecdsa_3);
}

export function rsaCertificate(): Promise<Certificate> {
  return certificate(SignatureAlgorithm.rsa_1);
}

function certificate(signature: Certificate["signatureHash"]["signature"]): Promise<Certificate> {
  return CipherContext.createSelfSignedCertificateWithKey({ hash: HashAlgorithm.sha256_4, signature });
}

export interface DtlsLinkOptions {
  clientCertificate: Certificate;
  serverCertificate: Certificate;
  /** Who checks its peer as we do: werift alone is what is repaired. */
  guarded?: { client?: boolean; server?: boolean };
  toServer?: Tamper;
  toClient?: Tamper;
}

/** werift's DTLS client and server, joined by a wire in memory that may tamper. */
export class DtlsLink implements Disposable {
  readonly client: DtlsClient;
  readonly server: DtlsServer;
  /** Datagrams as they were sent, before any tampering. */
  readonly sentByClient: Buffer[] = [];
  readonly sentByServer: Buffer[] = [];
  readonly errors: Error[] = [];
  /** "server" or "client", as each says that it is connected. */
  readonly connected: string[] = [];
  readonly serverData: string[] = [];
  readonly clientData: string[] = [];
  readonly #gates: { close(): void }[] = [];
  readonly #ends = { toServer: wireEnd(), toClient: wireEnd() };

  constructor(options: DtlsLinkOptions) {
    const { toServer, toClient } = this.#ends;
    toServer.send = wire(toClient, this.sentByServer, options.toClient);
    toClient.send = wire(toServer, this.sentByClient, options.toServer);
    const shared: Pick<DtlsSocket["options"], "srtpProfiles" | "extendedMasterSecret"> = {
      srtpProfiles: [AES_CM_128_HMAC_SHA1_80],
      extendedMasterSecret: true,
    };
    this.server = new DtlsServer({
      ...shared,
      ...credentials(options.serverCertificate),
      certificateRequest: true,
      transport: toServer,
    });
    this.client = new DtlsClient({ ...shared, ...credentials(options.clientCertificate), transport: toClient });
    if (options.guarded?.server ?? true) this.#gates.push(guardSocket(this.server));
    if (options.guarded?.client) this.#gates.push(guardSocket(this.client));
    this.server.onConnect.subscribe(() => void this.connected.push("server"));
    // werift's client, unguarded, says it again at each Finished.
    this.client.onConnect.once(() => void this.connected.push("client"));
    this.server.onError.subscribe((error) => void this.errors.push(error));
    this.client.onError.subscribe((error) => void this.errors.push(error));
    this.server.onData.subscribe((data) => void this.serverData.push(data.toString()));
    this.client.onData.subscribe((data) => void this.clientData.push(data.toString()));
  }

  /** Begins; does not wait. */
  connect(): void {
    this.client.connect().catch((error: Error) => this.errors.push(error));
  }

  /** A datagram that reaches the server, from whomever. */
  inject(datagram: Buffer): void {
    this.#ends.toServer.onData(Buffer.from(datagram));
  }

  /** Lets the datagrams on the wire arrive, and what they cause. */
  async settle(turns = 40): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await nextTurn();
  }

  [Symbol.dispose](): void {
    for (const gate of this.#gates) gate.close();
    for (const end of [this.server, this.client]) end.dtls.flight = 7;
  }
}

/** Connects both ends, and carries data both ways. */
export async function expectConnected(link: DtlsLink): Promise<void> {
  link.connect();
  await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
  await link.client.send(Buffer.from("from client"));
  await link.server.send(Buffer.from("from server"));
  await link.settle();
  expect(link.serverData).toEqual(["from client"]);
  expect(link.clientData).toEqual(["from server"]);
  expect(link.errors).toEqual([]);
}

/** Replaces one message of the client's second flight; undefined leaves it out, with the numbering closed up. */
export function replaceInFlight5(
  client: DtlsClient,
  method: "sendCertificate" | "sendCertificateVerify",
  replacement: (flight: Flight5) => Buffer | undefined,
): void {
  let flight: Flight5 | undefined;
  Object.defineProperty(client, "flight5", {
    get: () => flight,
    set(next: Flight5) {
      flight = next;
      next[method] = () => replacement(next);
    },
  });
}

/** The part of werift's own `Flight5` that a hostile client changes. */
export interface Flight5 {
  createPacket(messages: RawMessage[]): { serialize(): Buffer }[];
  sendCertificate(): Buffer | undefined;
  sendCertificateVerify(): Buffer | undefined;
}

/** A handshake message with any body, which werift sends and hashes like its own. */
export class RawMessage {
  messageSeq = 0;
  readonly msgType: number;
  readonly #body: Buffer;

  constructor(type: number, body: Buffer) {
    this.msgType = type;
    this.#body = body;
  }

  toFragment(): { chunk(): object[] } {
    const header = Buffer.alloc(12);
    header.writeUInt8(this.msgType, 0);
    header.writeUIntBE(this.#body.length, 1, 3);
    header.writeUInt16BE(this.messageSeq, 4);
    header.writeUIntBE(this.#body.length, 9, 3);
    const bytes = Buffer.concat([header, this.#body]);
    return { chunk: () => [{ msg_type: this.msgType, message_seq: this.messageSeq, serialize: () => bytes }] };
  }
}

export function sendRaw(flight: Flight5, type: number, body: Buffer): Buffer {
  return Buffer.concat(flight.createPacket([new RawMessage(type, body)]).map((packet) => packet.serialize()));
}

/** Handshake type of an unencrypted datagram, 0 for anything else. */
export function handshakeType(datagram: Buffer): number {
  return datagram[0] === 22 && datagram.readUInt16BE(3) === 0 ? (datagram[13] ?? 0) : 0;
}

interface WireEnd extends Omit<DtlsSocket["transport"]["socket"], "onData"> {
  onData(datagram: Buffer): void;
}

function wireEnd(): WireEnd {
  const address = { address: "", family: "", port: 0 };
  return { type: "memory", closed: false, address, onData() {}, send: async () => {}, close: async () => {} };
}

function wire(to: WireEnd, sent: Buffer[], tamper: Tamper = (datagram) => [datagram]): WireEnd["send"] {
  return async (datagram) => {
    sent.push(Buffer.from(datagram));
    for (const arriving of tamper(Buffer.from(datagram))) setImmediate(() => to.onData(arriving));
  };
}

function credentials({ certPem, keyPem, signatureHash }: Certificate) {
  return { cert: certPem, key: keyPem, signatureHash };
}
