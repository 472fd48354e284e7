import { createSign, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parseRecords } from "../../src/sender/peer/repairs/dtls-record.ts";
import {
  type Certificate,
  DtlsLink,
  type DtlsLinkOptions,
  ecdsaCertificate,
  expectConnected,
  handshakeType,
  replaceInFlight5,
  rsaCertificate,
  sendRaw,
} from "../support/dtls.ts";

const CERTIFICATE = 11;
const APPLICATION_DATA = 23;
const FATAL_ALERT = /^15fefd0000.{12}000202/;

let viewers: Certificate;
let cameras: Certificate;
let strangers: Certificate;

beforeAll(async () => {
  [viewers, cameras, strangers] = await Promise.all([ecdsaCertificate(), ecdsaCertificate(), ecdsaCertificate()]);
});

function open(options: Partial<DtlsLinkOptions> = {}): DtlsLink {
  return new DtlsLink({ clientCertificate: viewers, serverCertificate: cameras, ...options });
}

function signedBy({ keyPem }: Certificate): (data: Buffer, hash: string) => Buffer {
  return (data, hash) => createSign(hash).update(data).sign(keyPem);
}

async function expectRefused(link: DtlsLink, reason: RegExp): Promise<void> {
  link.connect();
  await vi.waitFor(() => expect(link.errors).not.toEqual([]), { timeout: 5_000 });
  await link.settle();
  expect(link.errors[0]?.message).toMatch(reason);
  expect(link.connected).not.toContain("server");
  expect(link.sentByServer.at(-1)?.toString("hex")).toMatch(FATAL_ALERT);
}

describe("a DTLS server that wants proof", () => {
  it("connects an honest client, with ECDSA and with RSA", async () => {
    using ecdsa = open();
    await expectConnected(ecdsa);
    using rsa = open({ clientCertificate: await rsaCertificate() });
    await expectConnected(rsa);
  });

  it("connects an honest client that checks its server too", async () => {
    using link = open({ guarded: { client: true, server: true } });
    await expectConnected(link);
  });

  it("refuses a certificate whose key the client does not hold", async () => {
    using link = open();
    link.client.cipher.signatureData = signedBy(strangers);
    await expectRefused(link, /without proof that it holds its key/);
  });

  it("refuses a client that leaves out CertificateVerify", async () => {
    using link = open();
    replaceInFlight5(link.client, "sendCertificateVerify", () => undefined);
    await expectRefused(link, /message 20 after 16/);
  });

  it("refuses a client that presents no certificate, or an empty list of them", async () => {
    using none = open();
    replaceInFlight5(none.client, "sendCertificate", () => undefined);
    await expectRefused(none, /message 16 after 1/);
    using empty = open();
    replaceInFlight5(empty.client, "sendCertificate", (flight) => sendRaw(flight, CERTIFICATE, Buffer.alloc(3)));
    await expectRefused(empty, /no DTLS certificate/);
  });

  it("refuses a second certificate after the first was proven", async () => {
    using link = open();
    replaceInFlight5(link.client, "sendCertificateVerify", (flight) => sendRaw(flight, CERTIFICATE, Buffer.alloc(3)));
    await expectRefused(link, /message 11 after 16/);
  });

  it("refuses a Finished that does not match the handshake", async () => {
    using link = open();
    const honest = link.client.cipher.verifyData.bind(link.client.cipher);
    link.client.cipher.verifyData = (transcript) => {
      const data = honest(transcript);
      data.writeUInt8(data.readUInt8(11) ^ 1, 11);
      return data;
    };
    await expectRefused(link, /Finished does not match/);
  });

  it("refuses a Finished in the clear", async () => {
    using link = open();
    link.client.cipher.encryptPacket = (packet) => {
      packet.recordLayerHeader.epoch = 0;
      return packet;
    };
    await expectRefused(link, /message 20 in epoch 0/);
  });

  it("refuses when werift would compare another certificate than the proven one", async () => {
    using link = open();
    const { raw } = new X509Certificate(strangers.certPem);
    Object.defineProperty(link.server.cipher, "remoteCertificate", { get: () => raw, set() {} });
    await expectRefused(link, /without keys or certificate/);
  });

  it("is not led astray by messages that come fragmented, reordered and twice", async () => {
    let held: Buffer | undefined;
    using link = open({
      guarded: { client: true, server: true },
      toServer(datagram) {
        if (datagram[0] === APPLICATION_DATA) return [datagram];
        if (handshakeType(datagram) !== CERTIFICATE) {
          const after = held ? [held] : [];
          held = undefined;
          return [datagram, ...after, datagram];
        }
        const [first, second] = split(datagram, 100);
        held = first;
        return [second, second];
      },
    });
    await expectConnected(link);
  });

  it("numbers no two encrypted records alike", async () => {
    using link = open();
    await expectConnected(link);
    for (let i = 0; i < 20; i++) await link.server.send(Buffer.from("more"));
    const numbers = link.sentByServer.filter((bytes) => bytes.readUInt16BE(3) === 1).map((b) => b.readUIntBE(5, 6));
    expect(new Set(numbers).size).toBe(numbers.length);
    await link.settle();
    expect(link.clientData).toHaveLength(21);
  });
});

describe("a DTLS client that wants proof", () => {
  const guarded = { client: true, server: false };

  it("refuses a server that does not hold its certificate's key", async () => {
    using link = open({ guarded });
    const { cipher } = link.server;
    cipher.parseX509(cameras.certPem, strangers.keyPem, cameras.signatureHash);
    link.connect();
    await expect.poll(() => link.errors[0]?.message).toMatch(/without proof that it holds its key/);
    expect(link.connected).toEqual([]);
  });

  it("refuses a Finished that does not match the handshake", async () => {
    using link = open({ guarded });
    link.server.cipher.verifyData = () => Buffer.alloc(12);
    link.connect();
    await expect.poll(() => link.errors[0]?.message).toMatch(/Finished does not match/);
    expect(link.connected).toEqual(["server"]);
  });
});

// Each of these fails when werift has mended what is repaired here: the repair may go then.
describe("werift still", () => {
  const guarded = { client: false, server: false };
  const becomes = (link: DtlsLink, ...connected: string[]) =>
    vi.waitFor(() => expect(link.connected).toEqual(expect.arrayContaining(connected)), { timeout: 5_000 });

  it("connects a client that does not hold its certificate's key", async () => {
    using link = open({ guarded });
    link.client.cipher.signatureData = signedBy(strangers);
    link.connect();
    await becomes(link, "server");
  });

  it("connects to a server that does not hold its own's", async () => {
    using link = open({ guarded });
    link.server.cipher.parseX509(cameras.certPem, strangers.keyPem, cameras.signatureHash);
    link.connect();
    await becomes(link, "client");
  });

  it("connects to whose Finished is of another handshake", async () => {
    using link = open({ guarded });
    for (const { cipher } of [link.client, link.server]) cipher.verifyData = () => Buffer.alloc(12);
    link.connect();
    await becomes(link, "client", "server");
  });

  it("begins anew at a ClientHello that comes when it is connected", async () => {
    using link = open({ guarded });
    link.connect();
    await becomes(link, "client", "server");
    await link.settle();
    const before = link.sentByServer.length;
    for (const hello of link.sentByClient.filter((datagram) => handshakeType(datagram) === 1)) link.inject(hello);
    await link.settle();
    expect(link.sentByServer.length).toBeGreaterThan(before);
  });

  it("gives a record the number that its Finished had", async () => {
    using link = open({ guarded });
    link.connect();
    await becomes(link, "client", "server");
    for (let i = 0; i < 20; i++) await link.server.send(Buffer.from("more"));
    const numbers = link.sentByServer.filter((bytes) => bytes.readUInt16BE(3) === 1).map((b) => b.readUIntBE(5, 6));
    expect(new Set(numbers).size).toBeLessThan(numbers.length);
  });

  it("sends each record of a flight by itself", async () => {
    using link = open({ guarded });
    link.connect();
    await becomes(link, "client", "server");
    expect(link.sentByServer.length).toBeGreaterThan(5);
    expect(link.sentByServer.filter((datagram) => parseRecords(datagram).length > 1)).toEqual([]);
  });
});

/** One handshake message in one datagram, as two fragments in two. */
function split(datagram: Buffer, at: number): [Buffer, Buffer] {
  const body = datagram.subarray(25);
  const fragment = (from: number, to: number) => {
    const head = Buffer.from(datagram.subarray(0, 25));
    head.writeUInt16BE(12 + to - from, 11);
    head.writeUIntBE(from, 19, 3);
    head.writeUIntBE(to - from, 22, 3);
    return Buffer.concat([head, body.subarray(from, to)]);
  };
  return [fragment(0, at), fragment(at, body.length)];
}
