import { beforeAll, describe, expect, it, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { whenDtlsEnds } from "../../src/sender/peer/repairs/dtls-end.ts";
import {
  type Certificate,
  DtlsLink,
  type DtlsLinkOptions,
  ecdsaCertificate,
  expectConnected,
  handshakeType,
} from "../support/dtls.ts";

let viewers: Certificate;
let cameras: Certificate;

beforeAll(async () => {
  [viewers, cameras] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});

function open(options: Partial<DtlsLinkOptions> = {}): DtlsLink {
  return new DtlsLink({ clientCertificate: viewers, serverCertificate: cameras, ...options });
}

describe("a lost flight", () => {
  it("is sent again when the client sends its own again, under the same keys", async () => {
    let lost = 0;
    using link = open({
      toClient(datagram) {
        const last = datagram[0] === 20 || datagram.readUInt16BE(3) === 1;
        return last && lost++ < 2 ? [] : [datagram];
      },
    });
    link.connect();
    await expect.poll(() => link.connected).toEqual(["server"]);
    const keys = link.server.extractSessionKeys(16, 14);
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
    expect(link.server.extractSessionKeys(16, 14)).toEqual(keys);
    expect(link.client.extractSessionKeys(16, 14).remoteKey).toEqual(keys.localKey);
  });

  it("is sent again when the client says its hello again, without a new key", async () => {
    let lost = 0;
    const keyExchanges: Buffer[] = [];
    using link = open({
      toClient(datagram) {
        if (handshakeType(datagram) === 12) keyExchanges.push(datagram);
        return [2, 11, 12, 13, 14].includes(handshakeType(datagram)) && lost++ < 5 ? [] : [datagram];
      },
    });
    link.connect();
    await expect.poll(() => lost).toBe(5);
    const hello = link.sentByClient.at(-1);
    if (hello) link.inject(hello);
    await link.settle();
    expect(keyExchanges).toHaveLength(2);
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
    expect(keyExchanges).toHaveLength(2);
    expect(keyExchanges[1]).toEqual(keyExchanges[0]);
  });
});

describe("during the handshake", () => {
  it("records that were not encrypted by the peer are dropped without harm", async () => {
    const forged = Buffer.from(`16fefd000100000000000700${"28".padEnd(82, "00")}`, "hex");
    using link = open({ toServer: (bytes) => (bytes.readUInt16BE(3) === 1 ? [forged, bytes] : [bytes]) });
    await expectConnected(link);
  });

  it("data that comes before the Finished is not taken", async () => {
    let finished = 0;
    using link = open({
      toServer: (bytes) => (bytes[0] === 22 && bytes.readUInt16BE(3) === 1 && finished++ === 0 ? [] : [bytes]),
    });
    link.connect();
    await expect.poll(() => finished).toBe(1);
    await link.client.send(Buffer.from("too early"));
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 5_000 });
    expect(link.serverData).toEqual([]);
  });

  it("a network that refuses every packet rejects nothing that nobody awaits", async () => {
    using link = open();
    link.server.transport.socket.send = () => Promise.reject(new Error("ENETUNREACH"));
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    link.connect();
    await link.settle();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });
});

describe("after the handshake", () => {
  it("a ClientHello, an alert and data in the clear change nothing", async () => {
    using link = open();
    await expectConnected(link);
    const keys = link.server.extractSessionKeys(16, 14);
    const before = link.sentByServer.length;
    for (const hello of link.sentByClient.filter((datagram) => handshakeType(datagram) === 1)) link.inject(hello);
    for (const bytes of ["0100", "0228"]) link.inject(record(21, bytes));
    link.inject(record(23, "00"));
    link.inject(record(60, "00"));
    await link.settle();
    expect(link.sentByServer).toHaveLength(before);
    expect(link.server.extractSessionKeys(16, 14)).toEqual(keys);
    await link.client.send(Buffer.from("still here"));
    await link.settle();
    expect(link.serverData).toEqual(["from client", "still here"]);
  });

  it("the peer's own goodbye closes", async () => {
    using link = open();
    await expectConnected(link);
    let closed = 0;
    link.server.onClose.subscribe(() => void closed++);
    const { cipher, dtls } = link.client;
    const header = { contentType: 21, protocolVersion: dtls.version, epoch: 1, sequenceNumber: 99, contentLen: 2 };
    const goodbye = { recordLayerHeader: header, fragment: Buffer.from([1, 0]) };
    const { fragment } = cipher.encryptPacket(goodbye as Parameters<typeof cipher.encryptPacket>[0]);
    const bytes = Buffer.from("15fefd00010000000000630000", "hex");
    bytes.writeUInt16BE(fragment.length, 11);
    link.inject(Buffer.concat([bytes, fragment]));
    expect(closed).toBe(1);
  });
});

// Fails when werift has mended it: dtls-end.ts may go then.
it.each(["closed", "failed"] as const)("werift's connection still stands where its DTLS has %s", async (state) => {
  const pc = new RTCPeerConnection({ iceServers: [] });
  pc.addTransceiver("video", { direction: "recvonly" });
  const [transport] = pc.dtlsTransports as unknown as { setState(state: string): void }[];
  (Reflect.get(pc, "secureManager") as { setConnectionState(state: string): void }).setConnectionState("connected");
  const onEnd = vi.fn();
  whenDtlsEnds(pc, onEnd);
  transport?.setState(state);
  expect(onEnd).toHaveBeenCalledOnce();
  expect(pc.connectionState).toBe("connected");
  await pc.close();
});

/** A record of epoch 0. */
function record(contentType: number, contentHex: string): Buffer {
  const content = Buffer.from(contentHex, "hex");
  const header = Buffer.from("00fefd00000000000000770000", "hex");
  header.writeUInt8(contentType, 0);
  header.writeUInt16BE(content.length, 11);
  return Buffer.concat([header, content]);
}
