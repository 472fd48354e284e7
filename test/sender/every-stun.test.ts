import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RTCPeerConnection } from "werift";
import { makeIdentity } from "../../src/sender/identity.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import { askEveryStun } from "../../src/sender/peer/repairs/every-stun.ts";
import { Standby } from "../../src/sender/peer/standby.ts";
import { Coturn } from "../support/coturn.ts";
import { until, Viewer } from "./support/viewer.ts";

/** As `audience.ts` has them. */
const TRICKLE_MS = 20;
const WHOLE_MS = 3_000;
/** Much longer than any answer takes here, much shorter than a server is waited for that does not answer. */
const AT_ONCE_MS = 2_000;

let turn: Coturn;
beforeAll(async () => {
  turn = await Coturn.open();
});
afterAll(() => turn[Symbol.asyncDispose]());
const live = () => ({ host: "localhost", port: Number(turn.url.split(":")[2]) });
const dead = { host: "127.0.0.1", port: 9 };

describe("STUN servers", () => {
  /** A connection with this machine alone, and the types of the candidates that it finds. */
  async function gather(servers: { host: string; port: number }[], repaired: boolean, answerWaitsMs = TRICKLE_MS) {
    const iceServers = servers.map(({ host, port }) => ({ urls: [`stun:${host}:${port}`] }));
    const pc = new RTCPeerConnection({ iceServers, iceUseIpv6: false, iceAdditionalHostAddresses: ["127.0.0.1"] });
    pc.addTransceiver("video", { direction: "recvonly" });
    const types: string[] = [];
    pc.onIceCandidate.subscribe((candidate) => {
      const [, type] = / 127\.0\.0\.1 .* typ (\w+)/.exec(candidate?.candidate ?? "") ?? [];
      if (type) types.push(type);
    });
    if (repaired) askEveryStun(pc, servers, answerWaitsMs);
    const over = pc.createOffer().then((offer) => pc.setLocalDescription(offer));
    return { types, over, [Symbol.asyncDispose]: () => pc.close() };
  }

  it("are asked one after the other until one answers", async () => {
    await using gathered = await gather([dead, live()], true);
    await until(() => gathered.types.includes("srflx"), "the mapped address", 2_000);
    await sleep(300);
    // Every interface has a mapped address of its own.
    expect(new Set(gathered.types)).toEqual(new Set(["host", "srflx"]));
  });

  it("after the first are not asked without the repair", async () => {
    await using gathered = await gather([dead, live()], false);
    await sleep(1_000);
    expect(gathered.types).toEqual(["host"]);
  });

  it("are waited for where the answer waits for candidates, and by no other", async () => {
    const silent = createSocket("udp4").bind(0, "127.0.0.1");
    await once(silent, "listening");
    const server = { host: "127.0.0.1", port: silent.address().port };
    const isOver = async (answerWaitsMs: number) => {
      await using gathered = await gather([server], true, answerWaitsMs);
      return await Promise.race([gathered.over.then(() => true), sleep(AT_ONCE_MS, false)]);
    };
    expect(await Promise.all([TRICKLE_MS, WHOLE_MS].map(isOver))).toEqual([true, false]);
    silent.close();
  });
});

describe("the camera's address as others see it", () => {
  async function answer(gatherMs: number, standby?: Standby) {
    await using viewer = new Viewer(makeIdentity());
    const { sdp } = await viewer.offer();
    const told: string[] = [];
    const peer = new Peer({
      iceServers: [{ urls: [dead, live()].map(({ host, port }) => `stun:${host}:${port}`) }],
      relayOnly: false,
      loopback: true,
      standby,
      onCandidate: ({ candidate }) => told.push(candidate ?? "no more"),
      onState: () => {},
      onKeyframeRequest: () => {},
    });
    try {
      const answered = await peer.answer(sdp, gatherMs);
      await until(() => told.some((candidate) => / typ srflx/.test(candidate)), "the mapped address");
      await until(() => told.includes("no more"), "the end of the candidates", 10_000);
      expect(told.indexOf("no more")).toBe(told.length - 1);
      return answered;
    } finally {
      await peer.close();
    }
  }
  const HOST = /^a=candidate:.* 127\.0\.0\.1 \d+ typ host/m;
  const MAPPED = /^a=candidate:.* 127\.0\.0\.1 \d+ typ srflx/m;

  it("stands in an answer that waits for it, for a viewer that takes no candidates later", async () => {
    const sdp = await answer(WHOLE_MS);
    expect(sdp).toMatch(HOST);
    expect(sdp).toMatch(MAPPED);
  });

  it("stands there too where the sockets were ready before", async () => {
    const sdp = await answer(WHOLE_MS, await Standby.open(true));
    expect(sdp).toMatch(HOST);
    expect(sdp).toMatch(MAPPED);
  });

  it("is told after an answer that does not wait", async () => {
    const sdp = await answer(TRICKLE_MS);
    expect(sdp).toMatch(HOST);
    expect(sdp).not.toMatch(MAPPED);
  });
});
