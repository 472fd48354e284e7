import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { decode, encode } from "../../src/protocol/codec.ts";
import type { IceServer } from "../../src/protocol/ice.ts";
import { CANDIDATES_MAX } from "../../src/protocol/limits.ts";
import { SenderMessage } from "../../src/protocol/messages.ts";
import type { AudienceOptions } from "../../src/sender/audience-options.ts";
import { candidatesIn } from "../../src/sender/peer/offer.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import type { ViewerTimings } from "../../src/sender/viewer-timings.ts";
import { Coturn } from "../support/coturn.ts";
import { Hall } from "./support/hall.ts";
import { provedOffer, until } from "./support/viewer.ts";

const KEYFRAME = [Buffer.from([0x67, 1]), Buffer.from([0x65, 2])];
const DELTA = [Buffer.from([0x41, 3])];

const halls: Hall[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  const closed = halls.splice(0);
  await Promise.all(closed.map((hall) => hall[Symbol.asyncDispose]()));
  // Whatever a viewer offers: the edge closes the sender's socket over one message that it cannot read.
  for (const message of closed.flatMap(({ sent }) => sent)) decode(SenderMessage, encode(message));
});
function open(options?: Partial<AudienceOptions>): Hall {
  const hall = new Hall(options);
  halls.push(hall);
  return hall;
}

const ID = (letter: string) => letter.repeat(22);

/** What a library makes of servers that it cannot read. */
function unreadableServers(): IceServer[] {
  const iceServers = [{ urls: ["stun:192.0.2.1"] }];
  Object.defineProperty(iceServers, "map", {
    value: () => {
      throw new Error("unreadable");
    },
  });
  return iceServers;
}

/** An offer of one section under another name. */
function named(sdp: string, mid: string): string {
  return sdp.replace(/^a=mid:.*$/m, `a=mid:${mid}`).replace(/^a=group:BUNDLE .*$/m, `a=group:BUNDLE ${mid}`);
}

/** From now on nobody is heard, and everybody is sent something. */
function unheard(hall: Hall): void {
  vi.spyOn(Peer.prototype, "lastHeardAtMs", "get").mockReturnValue(0);
  hall.show(KEYFRAME, true, 0);
}

describe("a viewer with the link", () => {
  it("is answered with a proof, connected, and given a keyframe before anything else", async () => {
    const hall = open();
    const viewer = await hall.connect(hall.viewer({ id: ID("a") }));
    expect(hall.states).toEqual(["aaaa connected"]);
    expect(hall.watching).toEqual([1]);
    // When its path was found, and again when it was connected and none had been made.
    expect(hall.needs).toEqual(["unseen", "unseen"]);

    hall.show(DELTA, false, 1_000);
    hall.show(KEYFRAME, true, 2_000);
    hall.show(DELTA, false, 2_033.3);
    const packets = await viewer.received(3);
    expect(packets.map(({ payload }) => payload)).toEqual([...KEYFRAME, ...DELTA]);
    expect(packets.map(({ header }) => header.marker)).toEqual([false, true, true]);
    expect(packets.map(({ header }) => header.timestamp)).toEqual([180_000, 180_000, 182_997]);
    const first = packets[0]?.header.sequenceNumber ?? 0;
    expect(packets.map(({ header }) => (header.sequenceNumber - first) & 0xffff)).toEqual([0, 1, 2]);
    // Shown as it comes: least and greatest playout delay both zero.
    expect(packets.map((packet) => viewer.playoutDelay(packet))).toEqual(["000000", "000000", "000000"]);
  });

  it("has the camera opened with its answer, and a keyframe at once when it is the only one", async () => {
    const hall = open();
    const ann = await hall.enter();
    expect(hall.watching).toEqual([1]);
    await until(() => ann.state === "connected" && hall.needs.length === 2, "the connection");
    hall.show(KEYFRAME, true, 0);
    await hall.connect();
    expect(hall.watching).toEqual([1, 2]);
    expect(hall.needs).toEqual(["unseen", "unseen", "join"]);
  });

  it("begins with the keyframe that was made while it shook hands, and asks for no other", async () => {
    const hall = open();
    const viewer = await hall.enter();
    await until(() => hall.needs.length === 1, "the path");
    hall.show(KEYFRAME, true, performance.now() + 5_000);
    expect((await viewer.received(2)).map(({ payload }) => payload)).toEqual(KEYFRAME);
    expect(hall.needs).toEqual(["unseen"]);
  });

  it("that is answered and never connects keeps the camera on for a few seconds alone", async () => {
    const hall = open();
    await hall.audience.offer(await hall.viewer().offer());
    expect(hall.watching).toEqual([1]);
    hall.audience.sweep(performance.now() + 4_000);
    expect(hall.watching).toEqual([1]);
    hall.audience.sweep(performance.now() + 5_100);
    expect(hall.watching).toEqual([1, 0]);
  });

  it("that leaves before it connects turns the camera off", async () => {
    const hall = open();
    await hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
    await hall.audience.leave(ID("a"));
    expect(hall.watching).toEqual([1, 0]);
  });

  it("is not expected when its offer was refused", async () => {
    const hall = open();
    const { proof: _proof, ...unproven } = await hall.viewer().offer();
    await hall.audience.offer(unproven);
    expect(hall.watching).toEqual([]);
  });

  it("has its stages told once, with its first keyframe", async () => {
    const told: ViewerTimings[] = [];
    const hall = open({ onFirstFrame: (_viewer, timings) => told.push(timings) });
    await hall.connect();
    hall.show(DELTA, false, 0);
    expect(told).toEqual([]);
    for (const atMs of [33, 66]) hall.show(KEYFRAME, true, atMs);
    expect(told).toHaveLength(1);
    const { offerReceivedAtMs, ...since } = told[0] as ViewerTimings;
    expect(Math.abs(Date.now() - offerReceivedAtMs)).toBeLessThan(60_000);
    const { answerSentMs = -1, iceConnectedMs = -1, dtlsConnectedMs = -1, keyframeSentMs = -1 } = since;
    expect(answerSentMs).toBeGreaterThanOrEqual(0);
    expect(iceConnectedMs).toBeGreaterThanOrEqual(answerSentMs);
    expect(dtlsConnectedMs).toBeGreaterThanOrEqual(iceConnectedMs);
    expect(keyframeSentMs).toBeGreaterThanOrEqual(dtlsConnectedMs);
  });

  it("is answered though it writes the codec's name in its own way", async () => {
    const hall = open();
    const viewer = await hall.connect(hall.viewer({ codec: "video/h264" }));
    hall.show(KEYFRAME, true, 0);
    expect((await viewer.received(2)).map(({ payload }) => payload)).toEqual(KEYFRAME);
  });

  it("is answered though its video is bundled with the sound that it offers before", async () => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    const [session = "", video = ""] = sdp.split(/(?=^m=)/m);
    const sound = video
      .replace(/^m=video.*/, "m=audio 9 UDP/TLS/RTP/SAVPF 111")
      .replace(/^a=(?:rtp|fmtp|ext).*\r\n/gm, "");
    const bundled = video.replace(/^m=video \d+/, "m=video 0").replace("a=mid:0", "a=mid:1\r\na=bundle-only");
    const group = session.replace("BUNDLE 0", "BUNDLE 0 1");
    const offer = `${group}${sound}a=rtpmap:111 opus/48000/2\r\n${bundled}`;
    await hall.audience.offer(provedOffer(hall.identity, offer, { id: ID("a") }));
    expect(hall.of("answer")).toMatchObject([
      { sdp: expect.stringMatching(/^m=audio 0 [\s\S]*^m=video 9 [\s\S]*^a=sendonly/m) },
    ]);
  });

  it("may ask for a keyframe", async () => {
    const hall = open();
    const viewer = await hall.connect();
    hall.show(KEYFRAME, true, 0);
    await viewer.received(2);
    await viewer.askForKeyframe();
    await until(() => hall.needs.includes("repair"), "a request for a keyframe");
  });

  it("shares the stream with others, each of whom begins with a keyframe", async () => {
    const hall = open();
    const ann = await hall.connect();
    hall.show(KEYFRAME, true, 0);
    const bob = await hall.connect(hall.viewer({ role: "operator" }));
    hall.show(DELTA, false, 33);
    hall.show(KEYFRAME, true, 66);
    expect((await ann.received(5)).map(({ payload }) => payload)).toEqual([...KEYFRAME, ...DELTA, ...KEYFRAME]);
    expect((await bob.received(2)).map(({ payload }) => payload)).toEqual(KEYFRAME);
    expect(hall.watching).toEqual([1, 2]);
  });

  it("that lost its answer and repeats its offer gets the same one, and no second connection", async () => {
    const hall = open();
    const viewer = hall.viewer();
    const offer = await viewer.offer();
    // The second comes while the first is still being answered.
    await Promise.all([hall.audience.offer(offer), hall.audience.offer(offer)]);
    await hall.audience.offer(offer);
    const [first, second, ...rest] = hall.of("answer");
    expect(second).toEqual(first);
    expect(rest).toEqual([]);
  });

  it("may have a fresh connection beside the one that it replaces, and not a third", async () => {
    const hall = open();
    for (const connection of [0, 1]) await hall.connect(hall.viewer({ id: ID("a"), connection }));
    expect(hall.audience.watching).toHaveLength(2);
    await hall.enter(hall.viewer({ id: ID("a"), connection: 2 }));
    await until(() => hall.audience.watching.length === 2, "the third connection in place of the first");
    hall.audience.resume(ID("a"), 0);
    expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, others: true }]);
    expect(hall.states.filter((state) => state.endsWith("gone"))).toEqual([]);
  });

  it("that offers anew under the same connection gives the old one up", async () => {
    const hall = open();
    await hall.connect(hall.viewer({ id: ID("a") }));
    const [old] = hall.audience.watching;
    const viewer = await hall.enter(hall.viewer({ id: ID("a") }));
    await until(() => old?.peer.state === "closed", "the end of the old connection");
    await until(() => viewer.state === "connected", "the new connection");
    await until(() => hall.audience.watching.length === 1, "its place");
    expect(hall.states.filter((state) => state.endsWith("gone"))).toEqual([]);
  });

  it("that resumes hears nothing while its connection stands, and a good-bye when it does not", async () => {
    const hall = open();
    const viewer = await hall.connect();
    const before = hall.sent.length;
    hall.audience.resume(viewer.id, 0);
    expect(hall.sent.length).toBe(before);
    hall.audience.resume(viewer.id, 7);
    hall.audience.resume(ID("z"), 0);
    expect(hall.sent.slice(before)).toEqual([
      { type: "bye", viewer: viewer.id, connection: 7, others: true },
      { type: "bye", viewer: ID("z"), connection: 0 },
    ]);
  });

  it("that leaves is gone at once, with one of its connections or with all", async () => {
    const hall = open();
    await hall.connect(hall.viewer({ id: ID("a"), connection: 0 }));
    await hall.connect(hall.viewer({ id: ID("a"), connection: 1 }));
    await hall.connect(hall.viewer({ id: ID("b") }));
    await hall.audience.leave(ID("a"), 0);
    expect(hall.audience.watching).toHaveLength(2);
    expect(hall.states).not.toContain("aaaa gone");
    await hall.audience.leave(ID("a"));
    expect(hall.states).toContain("aaaa gone");
    expect(hall.watching.at(-1)).toBe(1);
    await hall.audience.leave(ID("z"));
    expect(hall.audience.watching).toHaveLength(1);
  });
});

it("drops the holders of a link that was replaced, in their media as well, and nobody else", async () => {
  const hall = open();
  await hall.connect(hall.viewer({ id: ID("a") }));
  await hall.connect(hall.viewer({ id: ID("b"), role: "operator" }));
  const [ann, bob] = hall.audience.watching;
  await hall.audience.drop(["viewer"], "link-rotated");
  expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, code: "link-rotated" }]);
  expect([ann?.peer.state, bob?.peer.state]).toEqual(["closed", "connected"]);
  expect(hall.states).toContain("aaaa gone");
});

it("says of each connection that it refuses or lacks whether the viewer has others, and of none where all go", async () => {
  const hall = open();
  const first = await hall.viewer({ id: ID("a") }).offer();
  await hall.audience.offer(first);
  await hall.audience.leave(ID("a"));
  await hall.connect(hall.viewer({ id: ID("a"), connection: 1 }));
  await hall.audience.offer(first);
  await hall.audience.offer(provedOffer(hall.identity, "hello", { id: ID("a"), connection: 2 }));
  const { proof: _proof, ...unproven } = await hall.viewer({ id: ID("a"), connection: 3 }).offer();
  await hall.audience.offer(unproven);
  await hall.connect(hall.viewer({ id: ID("a"), connection: 4 }));
  await hall.audience.drop(["viewer"], "link-rotated");
  const said = { type: "bye", viewer: ID("a") };
  expect(hall.of("bye")).toEqual([
    { ...said, connection: 0, others: true },
    { ...said, connection: 2, code: "bad-request", message: expect.stringContaining("no video"), others: true },
    { ...said, connection: 3, code: "proof-refused", others: true },
    { ...said, connection: 1, code: "link-rotated" },
    { ...said, connection: 4, code: "link-rotated" },
  ]);
});

describe("an offer is refused, and holds no place,", () => {
  it.each([
    ["without a proof", (offer: object) => ({ ...offer, proof: undefined })],
    ["in another viewer's name", (offer: object) => ({ ...offer, viewer: ID("z") })],
    ["with a line added", (offer: { sdp: string }) => ({ ...offer, sdp: `${offer.sdp}a=x\r\n` })],
  ])("%s", async (_name, tamper) => {
    const hall = open({ maxViewers: 1 });
    const offer = await hall.viewer().offer();
    const tampered = { ...offer, ...tamper(offer) };
    await hall.audience.offer(tampered);
    expect(hall.sent).toEqual([{ type: "bye", viewer: tampered.viewer, connection: 0, code: "proof-refused" }]);
    await hall.enter();
  });

  it("when the session is full, but not to who is in already", async () => {
    const hall = open({ maxViewers: 1 });
    await hall.connect(hall.viewer({ id: ID("a") }));
    await hall.audience.offer(await hall.viewer({ id: ID("b") }).offer());
    expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("b"), connection: 0, code: "session-full" }]);
    await hall.enter(hall.viewer({ id: ID("a"), connection: 1 }));
    await hall.audience.leave(ID("a"));
    await hall.enter(hall.viewer({ id: ID("c") }));
  });

  it.each([
    ["that is no SDP", "hello"],
    ["without video", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"],
  ])("%s", async (_name, sdp) => {
    const hall = open({ maxViewers: 1 });
    await hall.audience.offer(provedOffer(hall.identity, sdp, { id: ID("a") }));
    const message = "The offer has no video section: add a recvonly video transceiver before createOffer.";
    expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, code: "bad-request", message }]);
    expect(hall.of("answer")).toEqual([]);
    await hall.enter();
  });

  it.each([
    ["media sections", (sdp: string) => sdp + sdp.slice(sdp.indexOf("m=")).repeat(8)],
    ["candidates", (sdp: string) => sdp + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(CANDIDATES_MAX)],
  ])("that would cost too much, by its many %s", async (_name, swell) => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    await hall.audience.offer(provedOffer(hall.identity, swell(sdp), { id: ID("a") }));
    const message = expect.stringMatching(/^The offer has /);
    expect(hall.sent).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, code: "bad-request", message }]);
  });

  it("that is answered with an error which nobody expected, of which nothing is told", async () => {
    const hall = open();
    vi.spyOn(Peer.prototype, "answer").mockRejectedValue(new Error("cannot open /home/ann/key.pem"));
    await hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
    expect(hall.sent).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, code: "sender-failed" }]);
  });

  it.each([
    ["parameters", (sdp: string) => sdp.replace("packetization-mode=1", `$&;x=${"a".repeat(48_900)}`)],
    ["parameters, in bytes", (sdp: string) => sdp.replace("packetization-mode=1", `$&;x=${"ü".repeat(40_000)}`)],
    ["parameters, in JSON", (sdp: string) => sdp.replace("packetization-mode=1", `$&;x=${"\u0001".repeat(20_000)}`)],
    ["section's name", (sdp: string) => named(sdp, "m".repeat(48_900))],
  ])("whose answer would be too long to be sent, by its %s", async (_name, swell) => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    await hall.audience.offer(provedOffer(hall.identity, swell(sdp), { id: ID("a") }));
    expect(hall.sent).toMatchObject([{ type: "bye", viewer: ID("a"), connection: 0 }]);
  });

  it("by a machine that can make no connection, and only by its own", async () => {
    const hall = open({ iceServers: unreadableServers });
    await hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
    expect(hall.sent).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, code: "sender-failed" }]);
  });

  it("of a viewer that takes no H.264", async () => {
    const hall = open();
    await hall.audience.offer(await hall.viewer({ id: ID("a"), codec: "video/VP8" }).offer());
    const message = "The offer takes no H.264, the one codec that Sightline sends.";
    expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("a"), connection: 0, code: "bad-request", message }]);
  });

  it("whose H.264 is described, and not named by its section", async () => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    const [named] = /(?<=^m=video 9 \S+ ).*$/m.exec(sdp) ?? [];
    const stray = sdp.replace(`SAVPF ${named}`, "SAVPF 127").replace(/^a=mid/m, "a=rtpmap:127 VP8/90000\r\na=mid");
    await hall.audience.offer(provedOffer(hall.identity, stray, { id: ID("a") }));
    expect(hall.of("bye")).toMatchObject([{ code: "bad-request", message: expect.stringContaining("no H.264") }]);
  });

  it("but not one whose second video section is the one that takes H.264", async () => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    const [session = "", video = ""] = sdp.split(/^(?=m=)/m);
    const [mid = ""] = /(?<=^a=mid:).*(?=\r$)/m.exec(video) ?? [];
    const vp8 = `m=video 9 UDP/TLS/RTP/SAVPF 127\r\na=mid:other\r\na=recvonly\r\na=rtcp-mux\r\na=rtpmap:127 VP8/90000\r\n`;
    const both = session.replace(`BUNDLE ${mid}`, `BUNDLE other ${mid}`) + vp8 + transportOf(video) + video;
    await hall.audience.offer(provedOffer(hall.identity, both, { id: ID("a") }));
    const sections = hall
      .of("answer")
      .flatMap((answer) => ("sdp" in answer ? answer.sdp.split(/^(?=m=)/m).slice(1) : []));
    expect(sections.map((each) => /^a=sendonly/m.test(each))).toEqual([false, true]);
  });

  it("that was answered once, after its connection ended: the viewer learns that it must make a new one", async () => {
    const hall = open();
    const offer = await hall.viewer({ id: ID("a") }).offer();
    await hall.audience.offer(offer);
    await hall.audience.leave(ID("a"));
    await hall.audience.offer(offer);
    expect(hall.of("answer")).toHaveLength(1);
    expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("a"), connection: 0 }]);
  });
});

describe("H.264 of several packetization modes", () => {
  const MODES = { 102: "packetization-mode=0", 103: "packetization-mode=1" };
  /** The viewer's offer with these payload types in place of its own. */
  const offering = (sdp: string, ...types: (keyof typeof MODES)[]) =>
    sdp
      .replace(/^a=(?:rtpmap|fmtp|rtcp-fb):.*\r\n/gm, "")
      .replace(/^(m=video \S+ \S+) .*\r\n/m, `$1 ${types.join(" ")}\r\n`)
      .concat(types.map((type) => `a=rtpmap:${type} H264/90000\r\na=fmtp:${type} ${MODES[type]}\r\n`).join(""));

  it("is answered with the one that is sent", async () => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    await hall.audience.offer(provedOffer(hall.identity, offering(sdp, 102, 103), { id: ID("a") }));
    expect(hall.of("answer")).toMatchObject([{ sdp: expect.stringMatching(/^m=video \d+ \S+ 103\r$/m) }]);
  });

  it("is refused where that is not among them", async () => {
    const hall = open();
    const { sdp } = await hall.viewer().offer();
    await hall.audience.offer(provedOffer(hall.identity, offering(sdp, 102), { id: ID("a") }));
    expect(hall.sent).toMatchObject([{ type: "bye", viewer: ID("a"), connection: 0 }]);
  });
});

it("an offer whose connection is closed while it is answered is let go of", async () => {
  const hall = open();
  const offering = hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
  await hall.audience.leave(ID("a"));
  await offering;
  expect(hall.of("answer")).toEqual([]);
  // It never was there.
  expect(hall.states).toEqual([]);
});

describe("a viewer who was connected is gone", () => {
  it("when its last connection ends, though that never came up", async () => {
    const hall = open();
    await hall.connect(hall.viewer({ id: ID("a") }));
    await hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
    expect(hall.states).toEqual(["aaaa connected"]);
    await hall.audience.leave(ID("a"));
    expect(hall.states).toEqual(["aaaa connected", "aaaa gone"]);
  });

  it("when the offer is refused that was to take its connection's place", async () => {
    let iceServers: IceServer[] = [];
    const hall = open({ iceServers: () => iceServers });
    await hall.connect(hall.viewer({ id: ID("a") }));
    iceServers = unreadableServers();
    await hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
    expect(hall.of("bye")).toMatchObject([{ viewer: ID("a"), code: "sender-failed" }]);
    expect(hall.states).toEqual(["aaaa connected", "aaaa gone"]);
  });
});

it("a connection that cannot be closed well is nobody's concern, and its end is told before", async () => {
  const hall = open();
  await hall.connect(hall.viewer({ id: ID("a") }));
  hall.audience.setPresent([]);
  unheard(hall);
  const { promise, reject } = Promise.withResolvers<void>();
  const closing = vi.spyOn(RTCPeerConnection.prototype, "close").mockReturnValue(promise);
  hall.audience.sweep(performance.now() + 60_000);
  expect(hall.of("bye")).toEqual([{ type: "bye", viewer: ID("a"), connection: 0 }]);
  expect(hall.states).toContain("aaaa gone");
  expect(hall.watching.at(-1)).toBe(0);
  closing.mockRestore();
  // Were it not caught, it would end the process, and this run.
  reject(new Error("the TURN server is gone"));
  await sleep(20);
});

it("after it has closed, it takes nobody in", async () => {
  const hall = open();
  await hall.audience.close();
  await hall.audience.offer(await hall.viewer().offer());
  expect(hall.sent).toEqual([]);
});

describe("candidates", () => {
  it.each([
    ["under its name", "video", "video"],
    ["by its number where the name is a UUID", "0f8fad5b-d9cb-469f-a165-70867728950e", undefined],
    ["or is longer still", "m".repeat(2_000), undefined],
  ])("that are found late are told of their section %s", async (_how, mid, sdpMid) => {
    await using turn = await Coturn.open();
    const stun = [9, turn.url.split(":")[2]].map((port) => `stun:127.0.0.1:${port}`);
    const hall = open({ iceServers: () => [{ urls: stun }] });
    const { sdp } = await hall.viewer().offer();
    await hall.audience.offer(provedOffer(hall.identity, named(sdp, mid), { id: ID("a") }));
    expect(hall.of("answer")).toMatchObject([{ sdp: expect.stringContaining(`a=mid:${mid}\r\n`) }]);
    const candidates = () => hall.sent.filter((message) => message.type === "candidate");
    await until(() => candidates().some(({ candidate }) => / typ srflx/.test(candidate ?? "")), "the mapped address");
    const [first] = candidates();
    expect([first?.sdpMid, first?.sdpMLineIndex]).toEqual([sdpMid, 0]);
  });

  it("that cannot be used, or belong to nobody, harm nobody", async () => {
    const hall = open();
    const viewer = hall.viewer();
    await hall.audience.offer(await viewer.offer());
    for (const candidate of ["", "candidate:", "nonsense", "candidate:1 1 udp 1 not-an-address 9 typ host", null]) {
      await hall.audience.candidate({ type: "candidate", viewer: viewer.id, connection: 0, candidate });
      await hall.audience.candidate({ type: "candidate", viewer: viewer.id, connection: 5, candidate });
    }
    await viewer.accept(hall.of("answer")[0] as SenderMessage);
    await until(() => viewer.state === "connected", "the connection");
  });

  it("are counted, so that nobody sends without end", async () => {
    const hall = open();
    const viewer = hall.viewer();
    const offer = await viewer.offer();
    await hall.audience.offer(offer);
    const added = vi.spyOn(Peer.prototype, "addCandidate");
    for (let i = 0; i < CANDIDATES_MAX * 3; i++) {
      const candidate = `candidate:${i} 1 udp 1 127.0.0.1 ${1_024 + i} typ host`;
      await hall.audience.candidate({ type: "candidate", viewer: viewer.id, connection: 0, candidate });
    }
    expect(candidatesIn(offer.sdp)).toBeGreaterThan(0);
    expect(added).toHaveBeenCalledTimes(CANDIDATES_MAX - candidatesIn(offer.sdp));
    added.mockRestore();
    await viewer.accept(hall.of("answer")[0] as SenderMessage);
    await until(() => viewer.state === "connected", "the connection");
  });
});

describe("the sweep", () => {
  it("keeps who is connected and heard, whether or not the edge still sees them", async () => {
    const hall = open();
    const viewer = await hall.connect();
    hall.audience.sweep(performance.now());
    hall.audience.joined(viewer.id);
    hall.audience.sweep(performance.now() + 60_000);
    expect(hall.audience.watching).toHaveLength(1);
  });

  it("gives up who is gone from the edge and silent", async () => {
    const hall = open();
    const viewer = await hall.connect(hall.viewer({ id: ID("a") }));
    hall.audience.setPresent([viewer.id]);
    hall.audience.left(viewer.id);
    unheard(hall);
    hall.audience.sweep(performance.now() + 5_000);
    expect(hall.audience.watching).toHaveLength(1);
    hall.audience.sweep(performance.now() + 60_000);
    await until(() => hall.states.includes("aaaa gone"), "the viewer to be given up");
    expect(hall.watching.at(-1)).toBe(0);
  });

  it("keeps who is sent nothing, as a WHEP player before the camera is open: it may have nothing to say", async () => {
    const hall = open();
    await hall.connect();
    hall.audience.sweep(performance.now() + 60_000);
    expect(hall.audience.watching).toHaveLength(1);
    unheard(hall);
    hall.audience.sweep(performance.now() + 5_000);
    expect(hall.audience.watching).toHaveLength(1);
  });

  it("tells of connections that were answered and find no path", async () => {
    const said: string[] = [];
    const hall = open({ onNoPath: () => said.push("no path") });
    await hall.connect();
    hall.audience.sweep(performance.now() + 3_000);
    await hall.audience.offer(await hall.viewer().offer());
    hall.audience.sweep(performance.now());
    expect(said).toEqual([]);
    hall.audience.sweep(performance.now() + 3_000);
    expect(said).toEqual(["no path"]);
  });

  it.each([
    ["without a TURN server", [], false],
    ["with one", [{ urls: ["turn:127.0.0.1:9"], username: "ann", credential: "key" }], true],
  ])("tells of a viewer who is given up and never had a path, %s", async (_name, iceServers, hadTurn) => {
    const told: boolean[] = [];
    const hall = open({ onPathless: (turn) => told.push(turn), iceServers: () => iceServers });
    await hall.audience.offer(await hall.viewer().offer());
    hall.audience.sweep(performance.now() + 19_000);
    expect(told).toEqual([]);
    hall.audience.sweep(performance.now() + 21_000);
    expect(told).toEqual([hadTurn]);
  });

  it("gives up connections that never came up, so that their places are free", async () => {
    const hall = open({ maxViewers: 1 });
    const viewer = hall.viewer({ id: ID("a") });
    hall.audience.setPresent([viewer.id]);
    await hall.audience.offer(await viewer.offer());
    // A WHEP player's socket is never there.
    hall.audience.left(viewer.id);
    hall.audience.sweep(performance.now() + 19_000);
    await hall.audience.offer(await hall.viewer({ id: ID("b") }).offer());
    expect(hall.of("bye").at(-1)).toMatchObject({ viewer: ID("b"), code: "session-full" });
    hall.audience.sweep(performance.now() + 21_000);
    expect(hall.states).toEqual([]);
    await hall.enter(hall.viewer({ id: ID("c") }));
  });
});

describe("of a path that was not found nothing is told", () => {
  const told: boolean[] = [];
  const openTold = () => open({ onPathless: (turn) => told.push(turn) });
  const leaveLater = async (hall: Hall, viewer: string, connection?: number) => {
    const nowMs = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(nowMs + 6_000);
    await hall.audience.leave(viewer, connection);
  };
  afterEach(() => void told.splice(0));

  it("unless the viewer waited for one a while", async () => {
    const hall = openTold();
    await hall.audience.offer(await hall.viewer({ id: ID("a") }).offer());
    await hall.audience.leave(ID("a"));
    expect(told).toEqual([]);
    await hall.audience.offer(await hall.viewer({ id: ID("b") }).offer());
    await leaveLater(hall, ID("b"));
    expect(told).toEqual([false]);
  });

  it("when the viewer has another connection", async () => {
    const hall = openTold();
    await hall.connect(hall.viewer({ id: ID("a") }));
    await hall.audience.offer(await hall.viewer({ id: ID("a"), connection: 1 }).offer());
    await leaveLater(hall, ID("a"), 1);
    expect(told).toEqual([]);
  });

  it("when it was connected", async () => {
    const hall = openTold();
    await hall.connect(hall.viewer({ id: ID("a") }));
    await leaveLater(hall, ID("a"));
    expect(told).toEqual([]);
  });
});

it("closes with a good-bye to each viewer, and sends nothing more", async () => {
  const hall = open();
  const viewer = await hall.connect(hall.viewer({ id: ID("a") }));
  await hall.connect(hall.viewer({ id: ID("b") }));
  await hall.audience.close();
  expect(hall.of("bye")).toEqual([
    { type: "bye", viewer: ID("a") },
    { type: "bye", viewer: ID("b") },
  ]);
  expect(hall.watching.at(-1)).toBe(0);
  hall.show(KEYFRAME, true, 0);
  await sleep(50);
  expect(viewer.packets).toEqual([]);
});

/** What a section says of ICE and DTLS. */
function transportOf(section: string): string {
  const lines = section.split(/(?<=\n)/);
  return lines.filter((line) => /^a=(?:ice|fingerprint|setup)/.test(line)).join("");
}
