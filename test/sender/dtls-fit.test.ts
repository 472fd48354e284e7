import { describe, expect, it } from "vitest";
import { DtlsServer, type DtlsSocket, RTCPeerConnection } from "werift";
import { type HandshakeFragment, parseHandshakeFragments } from "../../src/sender/peer/repairs/dtls-handshake.ts";
import { Reassembly } from "../../src/sender/peer/repairs/dtls-reassembly.ts";
import { parseRecords } from "../../src/sender/peer/repairs/dtls-record.ts";
import { trustDtlsOnlyWithProof } from "../../src/sender/peer/repairs/dtls-trust.ts";
import { MEMBERS, requireFit } from "../../src/sender/peer/repairs/dtls-werift.ts";

function socket(): DtlsSocket {
  const address = { address: "", family: "", port: 0 };
  return new DtlsServer({
    transport: { type: "none", closed: false, address, onData() {}, send: async () => {}, close: async () => {} },
  });
}

describe("the fit with werift", () => {
  it("is there in the version that is installed", () => {
    expect(() => requireFit(socket())).not.toThrow();
  });

  it.each(MEMBERS)("is refused without %s, by name", (member) => {
    const without = withoutMember(socket(), member.split("."));
    expect(() => requireFit(without as DtlsSocket)).toThrow(`no ${member} in its DTLS socket`);
  });

  it("is refused once the transport has begun", async () => {
    const pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video", { direction: "recvonly" });
    const [transport] = pc.dtlsTransports;
    if (!transport) throw new Error("no transport");
    transport.state = "connecting";
    expect(() => trustDtlsOnlyWithProof(pc)).toThrow("came too late");
    await pc.close();
  });
});

function withoutMember(holder: object, [name = "", ...rest]: string[]): object {
  return new Proxy(holder, {
    has: (target, key) => (key === name && rest.length === 0 ? false : Reflect.has(target, key)),
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      return key === name && rest.length > 0 ? withoutMember(value as object, rest) : value;
    },
  });
}

describe("reassembly", () => {
  const body = Buffer.from("0123456789");
  const piece = (from: number, to: number, over: Partial<HandshakeFragment> = {}): HandshakeFragment => ({
    ...{ type: 11, messageSeq: 2, epoch: 0, messageLength: body.length, offset: from, body: body.subarray(from, to) },
    ...over,
  });

  it("takes fragments in any order, twice and overlapping", () => {
    const reassembly = new Reassembly();
    for (const [from, to] of [
      [7, 10],
      [7, 10],
      [0, 3],
    ] as const)
      reassembly.add(piece(from, to));
    expect(reassembly.take(2)).toBeUndefined();
    reassembly.add(piece(2, 8));
    expect(reassembly.take(2)).toEqual({ type: 11, messageSeq: 2, epoch: 0, body });
    expect(reassembly.take(2)).toBeUndefined();
  });

  it("forgets a forged fragment when the whole message comes", () => {
    const reassembly = new Reassembly();
    reassembly.add(piece(0, 5, { body: Buffer.from("wrong") }));
    reassembly.add(piece(0, 5, { type: 16 }));
    reassembly.add(piece(0, 5, { messageLength: 900 }));
    reassembly.add(piece(0, 10));
    expect(reassembly.take(2)?.body).toEqual(body);
  });

  it("makes no room for what brings nothing", () => {
    const reassembly = new Reassembly();
    reassembly.add(piece(0, 5));
    reassembly.add(piece(0, 0, { messageLength: 16_000 }));
    reassembly.add(piece(5, 10));
    expect(reassembly.take(2)?.body).toEqual(body);
  });

  it("keeps nothing of the past or of the far future", () => {
    const reassembly = new Reassembly();
    reassembly.add(piece(0, 10));
    reassembly.startAt(3);
    reassembly.add(piece(0, 10));
    reassembly.add(piece(0, 10, { messageSeq: 11 }));
    expect(reassembly.take(2)).toBeUndefined();
    expect(reassembly.take(11)).toBeUndefined();
  });
});

describe("parsing", () => {
  const record = Buffer.from("16fefd00000000000000010003616263", "hex");

  it("reads records up to the first that is malformed", () => {
    expect(parseRecords(Buffer.concat([record, record, record.subarray(0, 15)]))).toHaveLength(2);
    expect(parseRecords(Buffer.from([22]))).toEqual([]);
    expect(parseRecords(Buffer.alloc(40, 22))).toEqual([]);
  });

  it("reads no fragment of a record in which one is malformed", () => {
    const done = Buffer.from("0e0000000005000000000000", "hex");
    expect(parseHandshakeFragments(done, 0)).toHaveLength(1);
    expect(parseHandshakeFragments(Buffer.concat([done, done.subarray(0, 11)]), 0)).toEqual([]);
    const beyond = Buffer.from("0e0000020005000001000002ffff", "hex");
    expect(parseHandshakeFragments(beyond, 0)).toEqual([]);
    const cut = Buffer.from("0e0000020005000000000002ff", "hex");
    expect(parseHandshakeFragments(cut, 0)).toEqual([]);
    const huge = Buffer.from("0effffff0005000000000000", "hex");
    expect(parseHandshakeFragments(huge, 0)).toEqual([]);
  });
});
