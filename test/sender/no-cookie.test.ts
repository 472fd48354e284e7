import { beforeAll, describe, expect, it, vi } from "vitest";
import { DtlsServer, type DtlsSocket } from "werift";
import { answerFirstHello } from "../../src/sender/peer/repairs/no-cookie.ts";
import {
  type Certificate,
  DtlsLink,
  type DtlsLinkOptions,
  ecdsaCertificate,
  expectConnected,
  handshakeType,
  rsaCertificate,
} from "../support/dtls.ts";

const HELLO = 1;
const HELLO_VERIFY_REQUEST = 3;
const KEY_EXCHANGE = 12;

let viewers: Certificate;
let cameras: Certificate;

beforeAll(async () => {
  [viewers, cameras] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});

function open(options: Partial<DtlsLinkOptions> = {}): DtlsLink {
  const link = new DtlsLink({ clientCertificate: viewers, serverCertificate: cameras, ...options });
  answerFirstHello(link.server);
  return link;
}

const ofType = (sent: Buffer[], type: number) => sent.filter((datagram) => handshakeType(datagram) === type);

describe("a handshake without a cookie", () => {
  it("connects with one ClientHello, each end checking the other", async () => {
    using link = open({ guarded: { client: true, server: true } });
    await expectConnected(link);
    expect(ofType(link.sentByClient, HELLO)).toHaveLength(1);
    expect(ofType(link.sentByServer, HELLO_VERIFY_REQUEST)).toHaveLength(0);
    using rsa = open({ clientCertificate: await rsaCertificate(), guarded: { client: true, server: true } });
    await expectConnected(rsa);
  });

  it("numbers the server's messages from 0 without a gap", async () => {
    using link = open();
    await expectConnected(link);
    const numbers = link.sentByServer.filter((bytes) => handshakeType(bytes) > 0).map((b) => b.readUInt16BE(17));
    expect(numbers).toEqual([0, 1, 2, 3, 4]);
  });

  it("answers the same hello again with the same flight, as often as it comes", async () => {
    let lost = 0;
    using link = open({
      toClient: (datagram) => (handshakeType(datagram) > 0 && lost++ < 15 ? [] : [datagram]),
    });
    link.connect();
    await expect.poll(() => lost).toBe(5);
    const [hello] = ofType(link.sentByClient, HELLO);
    for (let i = 0; i < 3; i++) {
      if (hello) link.inject(hello);
      await link.settle(5);
    }
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
    const exchanges = new Set(ofType(link.sentByServer, KEY_EXCHANGE).map((bytes) => bytes.toString("hex")));
    expect(exchanges.size).toBe(1);
  });

  it("makes its keys once when two copies of the hello come in one turn", async () => {
    using link = open({
      guarded: { client: true, server: true },
      toServer: (datagram) => (handshakeType(datagram) === HELLO ? [datagram, datagram, datagram] : [datagram]),
    });
    // As `keepEarlyHello` hands them over: one after the other, nothing in between.
    const { socket } = link.server.transport as unknown as { socket: { onData(datagram: Buffer): void } };
    const { onData } = socket;
    const kept: Buffer[] = [];
    socket.onData = (datagram) => void kept.push(datagram);
    link.connect();
    await expect.poll(() => kept).toHaveLength(3);
    socket.onData = onData;
    for (const datagram of kept) onData(datagram);
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
    const exchanges = new Set(ofType(link.sentByServer, KEY_EXCHANGE).map((bytes) => bytes.toString("hex")));
    expect(exchanges.size).toBe(1);
  });

  it("is deaf to another hello once one was accepted", async () => {
    using link = open();
    let held: Buffer | undefined;
    using other = open({
      toServer: (datagram) => {
        held ??= datagram;
        return [];
      },
    });
    other.connect();
    await expect.poll(() => held).toBeDefined();
    link.connect();
    await expect.poll(() => ofType(link.sentByServer, KEY_EXCHANGE)).toHaveLength(1);
    if (held) link.inject(held);
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
    if (held) link.inject(held);
    await link.settle();
    expect(ofType(link.sentByServer, KEY_EXCHANGE)).toHaveLength(1);
    expect(link.errors).toEqual([]);
  });

  it("refuses a hello that it cannot use, and says so to nobody but the peer", async () => {
    using link = open({
      toServer: (datagram) => (handshakeType(datagram) === HELLO ? [withoutSuites(datagram)] : [datagram]),
    });
    link.connect();
    await vi.waitFor(() => expect(link.errors).not.toEqual([]), { timeout: 5_000 });
    await link.settle();
    expect(link.connected).toEqual([]);
    expect(link.sentByServer.map((bytes) => bytes[0])).toEqual([21]);
  });

  it("takes cut, overlong and scrambled hellos without harm to the honest one behind them", async () => {
    for (let round = 0; round < 40; round++) {
      using link = open({
        toServer: (datagram) => {
          if (handshakeType(datagram) !== HELLO) return [datagram];
          const cut = datagram.subarray(0, 25 + round * 3);
          return [cut, Buffer.concat([datagram, Buffer.alloc(round)]).subarray(round), datagram];
        },
      });
      link.connect();
      await link.settle(60);
      expect(link.connected).toContain("server");
      expect(link.errors).toEqual([]);
    }
  });
});

describe("the fit with werift", () => {
  const { promise: never } = Promise.withResolvers<void>();
  const socket = () =>
    new DtlsServer({
      transport: {
        type: "none",
        closed: false,
        address: { address: "", family: "", port: 0 },
        onData() {},
        send: () => never,
        close: async () => {},
      },
    });

  it("is there in the version that is installed", () => {
    expect(() => answerFirstHello(socket())).not.toThrow();
  });

  it.each(["cookie", "sequenceNumber", "flight"])("is refused without dtls.%s, by name", (member) => {
    const without = socket();
    Reflect.deleteProperty(without.dtls, member);
    expect(() => answerFirstHello(without as DtlsSocket)).toThrow(`no dtls.${member}`);
  });

  it("still meets a werift that asks for a cookie, without which this repair is needed no more", async () => {
    using link = new DtlsLink({ clientCertificate: viewers, serverCertificate: cameras });
    await expectConnected(link);
    expect(ofType(link.sentByServer, HELLO_VERIFY_REQUEST)).toHaveLength(1);
  });
});

/** The hello with its first cipher suites made unknown: the list keeps its length. */
function withoutSuites(datagram: Buffer): Buffer {
  const hello = Buffer.from(datagram);
  const body = 13 + 12;
  const cookieAt = body + 34 + 1 + hello.readUInt8(body + 34);
  const suitesAt = cookieAt + 1 + hello.readUInt8(cookieAt);
  hello.fill(0xfe, suitesAt + 2, suitesAt + 2 + hello.readUInt16BE(suitesAt));
  return hello;
}
