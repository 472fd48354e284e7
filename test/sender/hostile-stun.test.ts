import { describe, expect, it, vi } from "vitest";
import { type CandidatePair, CandidatePairState, Message, RTCPeerConnection, UdpTransport } from "werift";
import { isBoundedStun } from "../../src/sender/peer/repairs/bounded-stun.ts";
import { checkNoPairWithoutEnd } from "../../src/sender/peer/repairs/check-again.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";
import { mendUdpBind } from "../../src/sender/peer/repairs/udp-bind.ts";

const REQUEST = new Message(0x001, 0x000).setAttribute("USERNAME", "to:from").setAttribute("PRIORITY", 1);
const XOR_MAPPED_ADDRESS = 0x0020;
const SOFTWARE = 0x8022;

/** A STUN message with these attributes, whatever they are. */
function stun(...attributes: [type: number, length: number][]): Buffer {
  return stunBeginning(0x01, ...attributes);
}

/** The same with a first byte of its own: werift takes all below 64 for STUN, though RFC 7983 gives it those below 4 only. */
function stunBeginning(first: number, ...attributes: [type: number, length: number][]): Buffer {
  const body = attributes.map(([type, length]) => {
    const bytes = Buffer.alloc(4 + 4 * Math.ceil(length / 4));
    bytes.writeUInt16BE(type, 0);
    bytes.writeUInt16BE(length, 2);
    return bytes;
  });
  const header = Buffer.alloc(20);
  header.writeUInt16BE((first << 8) | 0x01, 0);
  header.writeUInt16BE(Buffer.concat(body).length, 2);
  header.writeUInt32BE(0x2112a442, 4);
  return Buffer.concat([header, ...body]);
}

describe("a STUN message", () => {
  it.each<[string, Buffer, boolean]>([
    ["a check", REQUEST.bytes, true],
    ["a signed check", REQUEST.addMessageIntegrity(Buffer.from("secret")).addFingerprint().bytes, true],
    ["what a relay's peer sent", stun([0x0012, 20], [0x0013, 1_400]), true],
    ["no STUN at all", Buffer.alloc(60_000, 0x80), true],
    ["one that is cut short", Buffer.from([0, 1, 0]), true],
    ["an attribute that is cut short", stun([SOFTWARE, 40]).subarray(0, 30), true],
    ["an address of 60 kB", stun([XOR_MAPPED_ADDRESS, 60_000]), false],
    ["an address of 24 bytes behind another", stun([SOFTWARE, 8], [0x0012, 24]), false],
    ["two fingerprints", stun([0x8028, 4], [0x8028, 4]), false],
    ["two integrities", stun([0x0008, 20], [0x0008, 20]), false],
    ...[0, 3, 4, 19, 20, 63].map((first): [string, Buffer, boolean] => [
      `an address of 60 kB behind a first byte of ${first}`,
      stunBeginning(first, [XOR_MAPPED_ADDRESS, 60_000]),
      false,
    ]),
    ["the like of STUN behind a first byte of 64", stunBeginning(64, [XOR_MAPPED_ADDRESS, 60_000]), true],
    ["attributes without end", stun(...Array.from({ length: 300 }, () => [SOFTWARE, 0] as [number, number])), false],
  ])("%s: whether it is read is right", (_, datagram, expected) => {
    expect(isBoundedStun(datagram)).toBe(expected);
  });
});

describe("a pair whose every check is answered 401", () => {
  async function checks(repaired: boolean): Promise<{ count: number; state: CandidatePairState }> {
    const pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video", { direction: "recvonly" });
    const [connection] = iceConnections(pc) as [IceConnection];
    if (repaired) checkNoPairWithoutEnd(pc);
    let count = 0;
    const response = { getAttributeValue: () => [401, ""], toJSON: () => ({}) };
    const pair = {
      state: CandidatePairState.WAITING,
      requestsSent: 0,
      localCandidate: { ufrag: "here" },
      remoteCandidate: {},
      remoteAddr: ["127.0.0.1", 9],
      protocol: {
        request: async () => {
          // However often: this test's own end.
          if (++count >= 200) throw Object.assign(new Error("enough"), {});
          throw Object.assign(new Error("401"), { response });
        },
      },
      updateState(state: CandidatePairState) {
        pair.state = state;
      },
      toJSON: () => ({}),
    };
    const stubs = { checkComplete: vi.fn(), checkRequestOptions: () => ({}), buildRequest: () => REQUEST };
    Object.assign(connection, { remotePassword: "p", remoteUsername: "u", ...stubs });
    await connection.checkStart(pair as unknown as CandidatePair).awaitable;
    await pc.close();
    return { count, state: pair.state };
  }

  it("has failed after a few", async () => {
    expect(await checks(true)).toEqual({ count: 8, state: CandidatePairState.FAILED });
  });

  it("is checked without end without the repair", async () => {
    expect((await checks(false)).count).toBe(200);
  });
});

it("a socket that cannot be bound fails whoever wanted it, and not the process", async () => {
  mendUdpBind();
  const nobodys = { interfaceAddresses: { udp4: "203.0.113.77" } };
  await expect(UdpTransport.init("udp4", nobodys)).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  const bound = await UdpTransport.init("udp4");
  await bound.close();
});
