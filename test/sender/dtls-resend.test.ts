import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { mayFalseStart } from "../../src/sender/peer/repairs/dtls-false-start.ts";
import { parseRecords } from "../../src/sender/peer/repairs/dtls-record.ts";
import { FlightResender, resendAfterMs } from "../../src/sender/peer/repairs/dtls-resend.ts";
import { type DtlsInternals, requireFit } from "../../src/sender/peer/repairs/dtls-werift.ts";
import {
  type Certificate,
  DtlsLink,
  type DtlsLinkOptions,
  ecdsaCertificate,
  expectConnected,
  handshakeType,
  type Tamper,
} from "../support/dtls.ts";

const HELLO = 1;
const CERTIFICATE = 11;
const PATIENCE = { timeout: 5_000, interval: 5 };

let viewers: Certificate;
let cameras: Certificate;

beforeAll(async () => {
  [viewers, cameras] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});

function open(options: Partial<DtlsLinkOptions> = {}): DtlsLink {
  const guarded = { client: true, server: true };
  const toServer = withoutReplays(options.toServer ?? ((datagram) => [datagram]));
  return new DtlsLink({ clientCertificate: cameras, serverCertificate: viewers, guarded, ...options, toServer });
}

/** Loses what `isLost` says, `times` times over. */
function losing(times: number, isLost: (datagram: Buffer) => boolean): Tamper {
  let lost = 0;
  return (datagram) => (isLost(datagram) && lost++ < times ? [] : [datagram]);
}

const isEncrypted = (datagram: Buffer) => datagram.readUInt16BE(3) === 1;

describe("how long a client waits before it sends a flight again", () => {
  it.each([
    [0, undefined, 50],
    [0, 10, 50],
    [0, 200, 300],
    [1, undefined, 100],
    [2, 200, 1_200],
    [9, 200, 2_000],
  ])("at attempt %i with a round trip of %s ms: %i ms", (attempt, rttMs, afterMs) => {
    expect(resendAfterMs(attempt, rttMs)).toBe(afterMs);
  });
});

describe("a client's flight", () => {
  it.each([
    ["the hello", { toServer: losing(1, (datagram) => handshakeType(datagram) === HELLO) }],
    ["the hello with the cookie", { toServer: losing(1, (datagram) => datagram.readUIntBE(5, 6) === 2) }],
    ["the server's certificate", { toClient: losing(1, (datagram) => handshakeType(datagram) === CERTIFICATE) }],
    ["the client's certificate", { toServer: losing(1, (datagram) => handshakeType(datagram) === CERTIFICATE) }],
    ["the client's Finished", { toServer: losing(1, isEncrypted) }],
    ["the server's Finished", { toClient: losing(1, isEncrypted) }],
  ])("goes out again under new record numbers until it is answered, when %s is lost", async (_, options) => {
    using link = open(options);
    using _resending = resending(link);
    link.connect();
    await vi.waitFor(() => expect([...link.connected].sort()).toEqual(["client", "server"]), PATIENCE);
    expect(link.errors).toEqual([]);
    const numbers = link.sentByClient.flatMap(parseRecords).map(({ recordLayerHeader: header }) => numberOf(header));
    const werifts = link.sentByClient.length - new Set(link.sentByClient.map((bytes) => bytes.toString("hex"))).size;
    expect(new Set(numbers).size).toBe(numbers.length - werifts);
  });

  it("would be taken for a replay as werift sends it again, without which this repair is needed no more", async () => {
    using link = open({ toClient: losing(1, isEncrypted) });
    link.connect();
    await vi.waitFor(() => expect(repeated(link.sentByClient)).toBe(true), PATIENCE);
    expect(link.connected).toEqual(["server"]);
  });

  it("is sent once where nothing is lost, and no more once the handshake is over", async () => {
    using link = open();
    using _resending = resending(link);
    await expectConnected(link);
    const sent = link.sentByClient.length;
    await sleep(150);
    expect(link.sentByClient).toHaveLength(sent);
  });
});

describe("a server's flight", () => {
  /** The client says its hello, and nothing after it; the flight that answers is on its way. */
  async function answered() {
    const toServer: Tamper = (datagram) => (handshakeType(datagram) === HELLO ? [datagram] : []);
    const link = new DtlsLink({ clientCertificate: cameras, serverCertificate: viewers, toServer });
    link.connect();
    await vi.waitFor(
      () => expect(link.sentByServer.some((bytes) => handshakeType(bytes) === CERTIFICATE)).toBe(true),
      PATIENCE,
    );
    const hello = link.sentByClient.findLast((datagram) => handshakeType(datagram) === HELLO);
    if (!hello) throw new Error("no ClientHello");
    return {
      link,
      hello,
      certificates: () => link.sentByServer.filter((bytes) => handshakeType(bytes) === CERTIFICATE).length,
    };
  }

  it("goes out again once for many copies of the hello that come together", async () => {
    const { link, hello, certificates } = await answered();
    using _ = link;
    const before = certificates();
    for (let i = 0; i < 20; i++) link.inject(hello);
    expect(certificates()).toBe(before + 1);
  });

  it("does not for pieces of a hello that hold nothing of it", async () => {
    const { link, hello, certificates } = await answered();
    using _ = link;
    const before = certificates();
    const piece = hello.subarray(0, 25);
    const empty = Buffer.from(piece);
    empty.writeUInt16BE(12, 11);
    empty.writeUIntBE(0, 22, 3);
    link.inject(empty);
    expect(certificates()).toBe(before);
  });
});

describe("a False Start", () => {
  it("is allowed by what two honest ends agree on, and by nothing less", async () => {
    using link = open();
    await expectConnected(link);
    const socket = requireFit(link.client);
    expect(mayFalseStart(socket)).toBe(true);
    const { dtls, cipher, srtp } = socket;
    const hello = dtls.handshakeCache[4]?.data.find(({ msg_type }) => msg_type === 2);
    if (!hello) throw new Error("no ServerHello");
    const older = { ...hello, fragment: Buffer.from(hello.fragment) };
    older.fragment.writeUInt16BE(0xfeff, 0);
    const changes: Pick<DtlsInternals, "dtls" | "cipher" | "srtp">[] = [
      { dtls, cipher: { ...cipher, cipherSuite: 0x009c }, srtp },
      { dtls, cipher, srtp: {} },
      { dtls: { ...dtls, remoteExtendedMasterSecret: false }, cipher, srtp },
      { dtls: { ...dtls, handshakeCache: { 4: { data: [older] } } }, cipher, srtp },
      { dtls: { ...dtls, handshakeCache: {} }, cipher, srtp },
    ];
    for (const change of changes) expect(mayFalseStart({ ...socket, ...change })).toBe(false);
  });
});

/** A second copy of a record is a replay (RFC 6347 4.1.2.6): werift's own retransmissions never arrive. */
function withoutReplays(tamper: Tamper): Tamper {
  const seen = new Set<string>();
  return (datagram) => {
    const bytes = datagram.toString("hex");
    if (seen.has(bytes)) return [];
    const arriving = tamper(datagram);
    if (arriving.length > 0) seen.add(bytes);
    return arriving;
  };
}

function resending(link: DtlsLink): Disposable {
  const resender = new FlightResender(requireFit(link.client), () => undefined);
  return { [Symbol.dispose]: () => resender.stop() };
}

function repeated(sent: Buffer[]): boolean {
  return new Set(sent.map((bytes) => bytes.toString("hex"))).size < sent.length;
}

function numberOf({ epoch, sequenceNumber }: { epoch: number; sequenceNumber: number }): string {
  return `${epoch} ${sequenceNumber}`;
}
