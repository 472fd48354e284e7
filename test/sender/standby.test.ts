import { createSocket } from "node:dgram";
import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { makeViewerId, type Role } from "../../src/protocol/ids.ts";
import { deriveLinkKeys } from "../../src/protocol/link.ts";
import { verifyProof } from "../../src/protocol/proof.ts";
import { OfferedStandby } from "../../src/protocol/standby.ts";
import { Doorkeeper } from "../../src/sender/doorkeeper.ts";
import { gatherAhead } from "../../src/sender/peer/repairs/gather-ahead.ts";
import { Standby } from "../../src/sender/peer/standby.ts";
import { StandbyKeeper } from "../../src/sender/standby-keeper.ts";
import { MediaViewer } from "../support/media-viewer.ts";
import { Hall } from "./support/hall.ts";
import { checkFor, isCheckAnswered, signWith } from "./support/stun-check.ts";
import { provedOffer, until } from "./support/viewer.ts";

/** How many checks with this password are answered where the connection waits, up to the first that is not. */
async function answers({ transport }: Standby, times: number, password = transport.password): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const port = Number(/ 127\.0\.0\.1 (\d+) typ host/.exec(transport.candidates.join("\n"))?.[1]);
  const check = () => signWith(checkFor(`${transport.usernameFragment}:page`), password).bytes;
  let answered = 0;
  while (answered < times && (await isCheckAnswered(socket, check(), port))) answered++;
  socket.close();
  return answered;
}

const isAnswered = async (standby: Standby, password?: string) => (await answers(standby, 1, password)) === 1;

describe("a connection that waits", () => {
  it("answers its viewer's checks before there is an offer, and nobody else's", async () => {
    const standby = await Standby.open(true);
    expect(await isAnswered(standby)).toBe(true);
    expect(await isAnswered(standby, "x".repeat(22))).toBe(false);
    await standby.close();
    expect(await isAnswered(standby)).toBe(false);
  });

  it("keeps no end of checks for an offer that does not come", async () => {
    const standby = await Standby.open(true);
    const answered = await answers(standby, 400);
    expect(answered).toBeGreaterThan(200);
    expect(answered).toBeLessThan(300);
    await standby.close();
  });

  it("answers the offer with what it said, and connects", async () => {
    const standby = await Standby.open(true);
    const { transport, ssrcs } = standby;
    await using viewer = await MediaViewer.open({ peer: { standby } });
    const lines = viewer.answerSdp.split(/\r?\n/);
    expect(lines).toContain(`a=ice-ufrag:${transport.usernameFragment}`);
    expect(lines).toContain(`a=ice-pwd:${transport.password}`);
    expect(lines).toContain(`a=fingerprint:${transport.fingerprint}`);
    expect(lines).toContain(`a=ssrc-group:FID ${ssrcs.join(" ")}`);
    expect(lines.filter((line) => line.startsWith("a=candidate:"))).toEqual(
      transport.candidates.map((candidate) => `a=candidate:${candidate}`),
    );
    await expect.poll(() => viewer.peer.state).toBe("connected");
    viewer.peer.send([Buffer.alloc(100, 5)], true, performance.now());
    await expect.poll(() => viewer.packets.length).toBe(1);
    expect(viewer.packets[0]?.header.ssrc).toBe(ssrcs[0]);
  });

  it("lists this machine's addresses before the offer comes, and not again for its answer", async () => {
    const list = vi.spyOn(os, "networkInterfaces");
    syncBuiltinESMExports();
    onTestFinished(() => {
      list.mockRestore();
      syncBuiltinESMExports();
    });
    await using hall = new Hall({ takeStandby: () => standby });
    const offer = await hall.viewer().offer();
    list.mockClear();
    const standby = await Standby.open(true);
    expect(list).toHaveBeenCalled();
    list.mockClear();
    await hall.audience.offer({ ...offer, standby: standby.id });
    expect(hall.sent.map(({ type }) => type)).toContain("answer");
    expect(list).not.toHaveBeenCalled();
  });

  it("is one viewer's, whose it is to close from then on", async () => {
    const standby = await Standby.open(true);
    const pc = standby.take();
    expect(() => standby.take()).toThrow("another viewer's");
    await standby.close();
    expect(await isAnswered(standby)).toBe(true);
    await pc.close();
  });

  it("refuses an offer that needs more than the one transport which is guarded", async () => {
    await using hall = new Hall({ takeStandby: () => standby });
    const standby = await Standby.open(true);
    const offer = await hall.viewer().offer();
    const video = offer.sdp.slice(offer.sdp.indexOf("m=video"));
    const sdp = `${offer.sdp.replace(/^a=group:.*\r\n/m, "")}${video.replace("a=mid:0", "a=mid:1")}`;
    await hall.audience.offer({ ...provedOffer(hall.identity, sdp, { id: makeViewerId() }), standby: standby.id });
    expect(hall.sent.at(-1)).toMatchObject({
      type: "bye",
      code: "bad-request",
      message: "The offer's media sections are not in one BUNDLE group.",
    });
    expect(await isAnswered(standby)).toBe(false);
  });

  it("is closed when the offer that it was handed out for is refused", async () => {
    const standby = await Standby.open(true);
    await using hall = new Hall({ takeStandby: () => standby });
    const { proof: _stripped, ...unproven } = await hall.viewer().offer();
    await hall.audience.offer({ ...unproven, standby: standby.id });
    expect(hall.sent.at(-1)).toMatchObject({ type: "bye", code: "proof-refused" });
    expect(await isAnswered(standby)).toBe(false);
  });

  it("is refused by name when werift gathers elsewhere", async () => {
    const pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video");
    Reflect.set(pc.iceTransports[0]?.connection ?? {}, "localCandidatesStart", undefined);
    await expect(gatherAhead(pc)).rejects.toThrow("see gatherAhead");
    await pc.close();
  });
});

describe("the keeper", () => {
  const told: (OfferedStandby | null)[] = [];
  let hall: Hall;
  let room: boolean;
  let keeper: StandbyKeeper;
  const keysOf = (role: Role) => {
    const { sessionId, viewerSecret, operatorSecret } = hall.identity;
    return deriveLinkKeys(sessionId, role, role === "viewer" ? viewerSecret : operatorSecret);
  };
  const last = () => told.at(-1) as OfferedStandby;

  beforeEach(() => {
    told.length = 0;
    room = true;
    hall = new Hall({ takeStandby: (id) => keeper.take(id) });
    keeper = new StandbyKeeper({
      loopback: true,
      mayServe: () => room,
      vouch: (text) => new Doorkeeper(hall.identity, false).vouch(text),
      publish: ({ standby }) => told.push(standby) > 0,
    });
  });
  afterEach(async () => {
    keeper.close();
    await hall[Symbol.asyncDispose]();
  });

  it("leaves one with the edge that takes one, vouched for with each link's key", async () => {
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby");
    const { text, proofs } = last();
    for (const role of ["viewer", "operator"] as const) {
      const { sessionId } = hall.identity;
      const { proofKey } = keysOf(role);
      const input = { sessionId, viewerId: "", role, type: "standby", sdp: text } as const;
      expect(verifyProof(proofKey, input, proofs[role])).toBe(true);
      expect(verifyProof(proofKey, { ...input, type: "answer" }, proofs[role])).toBe(false);
    }
    keeper.welcomed(true);
    expect(told.map((standby) => standby?.id)).toEqual([last().id, last().id]);
  });

  it("leaves what an edge takes, on a machine of however many addresses", async () => {
    // All of 127.0.0.0/8 is this machine's.
    const address = (_: unknown, i: number) =>
      ({ address: `127.0.0.${i + 2}`, family: "IPv4", internal: false }) as os.NetworkInterfaceInfo;
    vi.spyOn(os, "networkInterfaces").mockReturnValue({ eth0: Array.from({ length: 60 }, address) });
    syncBuiltinESMExports();
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby").finally(() => {
      vi.restoreAllMocks();
      syncBuiltinESMExports();
    });
    const { candidates } = JSON.parse(last().text);
    expect(candidates.length).toBeGreaterThan(8);
    expect(v.is(OfferedStandby, last())).toBe(true);
  });

  it("has none for an edge that takes none, nor while nobody would be served by it", async () => {
    keeper.welcomed(false);
    await sleep(50);
    room = false;
    keeper.welcomed(true);
    await sleep(50);
    expect(told).toEqual([]);
  });

  it("makes another when its viewer came, whatever became of the offer", async () => {
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby");
    const first = last();
    const viewer = hall.viewer();
    await hall.audience.offer({ ...(await viewer.offer()), standby: first.id });
    const [answer] = hall.of("answer");
    expect(answer).toMatchObject({ sdp: expect.stringContaining(JSON.parse(first.text).usernameFragment) });
    await until(() => told.length === 2, "another");
    const { proof: _stripped, ...unproven } = await hall.viewer().offer();
    await hall.audience.offer({ ...unproven, standby: last().id });
    await until(() => told.length === 3, "a third");
    expect(new Set(told.map((standby) => standby?.id)).size).toBe(3);
  });

  it("answers one who was handed an old one from elsewhere", async () => {
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby");
    const old = last();
    keeper.renew();
    await until(() => told.length === 2, "another");
    await hall.audience.offer({ ...(await hall.viewer().offer()), standby: old.id });
    const fragment = JSON.parse(old.text).usernameFragment;
    expect(hall.of("answer")).toMatchObject([{ sdp: expect.not.stringContaining(fragment) }]);
    expect(last().id).not.toBe(old.id);
  });

  it("takes it back when nobody would be served by it any more", async () => {
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby");
    const { id } = last();
    keeper.look();
    expect(told).toHaveLength(1);
    room = false;
    keeper.look();
    expect(told.at(-1)).toBeNull();
    expect(keeper.take(id)).toBeUndefined();
  });

  it("closes what was being made when the edge welcomed the sender again", async () => {
    const opened: Standby[] = [];
    const closed = new Set<Standby>();
    const slow = Promise.withResolvers<void>();
    const open = Standby.open;
    vi.spyOn(Standby, "open").mockImplementation(async (loopback) => {
      const standby = await open(loopback);
      const close = standby.close.bind(standby);
      standby.close = () => {
        closed.add(standby);
        return close();
      };
      if (opened.push(standby) === 1) await slow.promise;
      return standby;
    });
    keeper.welcomed(true);
    await until(() => opened.length === 1, "one under way");
    keeper.welcomed(true);
    slow.resolve();
    await until(() => told.length === 1, "a standby");
    vi.restoreAllMocks();
    keeper.close();
    await until(() => closed.size === opened.length, "all to be closed");
    expect(opened).toHaveLength(2);
  });

  it("is taken back from an edge that was told of it again, when its viewer comes", async () => {
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby");
    keeper.welcomed(true);
    expect(keeper.take(last().id)).toBeDefined();
    expect(told.at(-1)).toBeNull();
  });

  it("vouches for the same one anew when the links are others", async () => {
    keeper.welcomed(true);
    await until(() => told.length === 1, "a standby");
    keeper.vouchAnew();
    expect(told.map((standby) => standby?.id)).toEqual([last().id, last().id]);
  });
});
