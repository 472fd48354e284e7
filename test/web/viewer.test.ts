import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveLinkKeys, formatLink, type Link, makeLinkSecret } from "../../src/protocol/link.ts";
import { hashSdp, makeProof, verifyProof } from "../../src/protocol/proof.ts";
import { connect, type Viewer } from "../../src/web/client/index.ts";
import { FakeMediaStream, FakePeerConnection, type FakeRuntime, fakeRuntime } from "./fakes.ts";

const link: Link = { origin: "https://example.com", sessionId: "front-door", role: "viewer", secret: makeLinkSecret() };
const keys = deriveLinkKeys(link.sessionId, link.role, link.secret);
const SENDER = "A".repeat(22);
const ANSWER = "v=0\r\na=answer\r\n";
const WELCOME = {
  type: "welcome",
  role: "viewer",
  iceServers: [{ urls: ["stun:stun.example.com:3478"] }],
  sender: SENDER,
};

let runtime: FakeRuntime;
let viewer: Viewer;
let viewerId: string;

/** Lets promises settle. */
const settle = () => vi.advanceTimersByTimeAsync(0);
const last = <T>(list: T[]): T => {
  const item = list.at(-1);
  if (item === undefined) throw new Error("There is none yet.");
  return item;
};
const socket = () => last(runtime.sockets);
const peer = () => last(runtime.peers);

function answerProof(change: { viewerId?: string; offerSdp?: string; secret?: string } = {}): string {
  const proofKey = change.secret ? deriveLinkKeys(link.sessionId, "viewer", change.secret).proofKey : keys.proofKey;
  return makeProof(proofKey, {
    sessionId: link.sessionId,
    viewerId: change.viewerId ?? viewerId,
    role: "viewer",
    type: "answer",
    sdp: ANSWER,
    offerHash: hashSdp(change.offerSdp ?? FakePeerConnection.offerSdp),
  });
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeMediaStream);
  runtime = fakeRuntime();
  viewer = connect(formatLink(link), {}, runtime);
  viewerId = socket().protocols[2]?.slice("viewer.".length) ?? "";
  socket().open();
  socket().receive(WELCOME);
  await settle();
});
afterEach(() => {
  viewer.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("joining", () => {
  test("the token goes into the subprotocols, the secret nowhere", () => {
    expect(socket().url).toBe("wss://example.com/api/sessions/front-door/signal");
    expect(socket().protocols).toEqual(["sightline.1", `token.${keys.joinToken}`, `viewer.${viewerId}`]);
    expect(viewerId).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(JSON.stringify([socket().sent, socket().url, socket().protocols])).not.toContain(link.secret);
  });

  test("the offer carries the edge's ICE servers into the connection and a proof over its exact text", () => {
    expect(peer().configuration).toMatchObject({ bundlePolicy: "max-bundle", iceServers: WELCOME.iceServers });
    expect(peer().receiver.jitterBufferTarget).toBe(0);
    const offer = socket().messages[0] as { type: string; connection: number; sdp: string; proof: string };
    expect(offer).toMatchObject({ type: "offer", connection: 0, sdp: FakePeerConnection.offerSdp });
    const input = { sessionId: link.sessionId, viewerId, role: "viewer", type: "offer", sdp: offer.sdp } as const;
    expect(verifyProof(keys.proofKey, input, offer.proof)).toBe(true);
  });

  test("candidates follow the offer, never overtake it, and end with null", async () => {
    peer().candidate("candidate:late");
    peer().candidate(null);
    expect(socket().messages.map(({ type, candidate }) => candidate ?? type)).toEqual([
      "offer",
      "candidate:early",
      "candidate:late",
      "candidate",
    ]);
    expect(socket().messages.at(-1)).toMatchObject({ type: "candidate", connection: 0, candidate: null });
  });
});

describe("the answer", () => {
  test("a genuine one is applied, then the candidates that came before it, then those after", async () => {
    socket().receive({ type: "candidate", connection: 0, candidate: "candidate:1", sdpMid: "0" });
    socket().receive({ type: "answer", connection: 0, sdp: ANSWER, proof: answerProof() });
    await settle();
    socket().receive({ type: "candidate", connection: 0, candidate: null });
    expect(peer().remote).toBe(ANSWER);
    expect(peer().added.map((candidate) => candidate?.candidate)).toEqual(["candidate:1", undefined]);
    expect(viewer.state.name).toBe("connecting");
  });

  test.each([
    ["without a proof", () => undefined],
    ["proved with another secret", () => answerProof({ secret: makeLinkSecret() })],
    ["to another offer", () => answerProof({ offerSdp: "v=0\r\nanother" })],
    ["for another viewer", () => answerProof({ viewerId: "B".repeat(22) })],
  ])("one %s is refused: nothing is connected, and nothing tried again", async (_, proof) => {
    socket().receive({ type: "answer", connection: 0, sdp: ANSWER, proof: proof() });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(viewer.state).toMatchObject({ name: "failed", code: "proof-refused" });
    expect(peer().remote).toBeUndefined();
    expect(peer().closed).toBe(true);
    expect(runtime.sockets.length).toBe(1);
  });

  test("one that was changed on the way is refused", async () => {
    socket().receive({ type: "answer", connection: 0, sdp: `${ANSWER}a=fingerprint:x\r\n`, proof: answerProof() });
    await settle();
    expect(viewer.state).toMatchObject({ name: "failed", code: "proof-refused" });
    expect(peer().remote).toBeUndefined();
  });
});

describe("the viewer", () => {
  const goLive = async (connection = 0) => {
    socket().receive({ type: "answer", connection, sdp: ANSWER, proof: answerProof() });
    await settle();
    peer().ontrack?.({ track: { kind: "video", id: "one" } });
    await vi.advanceTimersByTimeAsync(1_000);
  };

  test("without a video element it is live with the first decoded frame, and hands out the stream", async () => {
    const streams: MediaStream[] = [];
    viewer.on("stream", (stream) => streams.push(stream));
    expect(viewer.stream).toBeUndefined();
    await goLive();
    expect(viewer.state.name).toBe("live");
    expect(streams).toEqual([viewer.stream]);
    const { timings } = await viewer.stats();
    const { start = 0, welcome = 0, offerSent = 0, answer = 0, firstFrame = 0 } = timings;
    const inOrder = [start, welcome, offerSent, answer, firstFrame];
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
    expect(firstFrame).toBeGreaterThan(0);
  });

  test("once it has stopped it hands out no stream; tried again, the same one, announced anew", async () => {
    const streams: MediaStream[] = [];
    viewer.on("stream", (stream) => streams.push(stream));
    await goLive();
    viewer.close();
    expect(viewer.stream).toBeUndefined();
    viewer.retry();
    socket().open();
    socket().receive(WELCOME);
    await settle();
    expect(viewer.stream).toBeUndefined();
    await goLive(1);
    expect([viewer.state.name, viewer.stream]).toEqual(["live", streams[0]]);
    expect(streams).toEqual([viewer.stream, viewer.stream]);
  });

  test("a candidate found while the socket is away is said on the next one, after the resume", async () => {
    await goLive();
    socket().breakOff();
    peer().candidate("candidate:held");
    await vi.advanceTimersByTimeAsync(300);
    expect(runtime.sockets.length).toBe(2);
    socket().open();
    socket().receive(WELCOME);
    expect(socket().messages.map(({ type }) => type)).toEqual(["resume", "candidate"]);
    expect(viewer.state.name).toBe("live");
  });

  describe("when the ICE servers' credentials have expired", () => {
    const fresh = [{ urls: ["turn:relay.example.com"], username: "fresh", credential: "secret" }];
    /** Live, then broken when the welcome's credentials are long dead. */
    const breakLate = async () => {
      socket().receive({ ...WELCOME, iceTtlMs: 100 });
      await goLive();
      peer().connectionState = "failed";
      peer().onconnectionstatechange?.();
      await settle();
    };

    test("the next connection gets fresh ones, asked of the link's edge with the join token", async () => {
      runtime.fetch = vi.fn(async () => Response.json({ iceServers: fresh, iceTtlMs: 1_000 }));
      await breakLate();
      const address = "https://example.com/api/sessions/front-door/ice";
      const headers = { Authorization: `Bearer ${keys.joinToken}`, "Sightline-Viewer": viewerId };
      expect(runtime.fetch).toHaveBeenCalledExactlyOnceWith(address, expect.objectContaining({ headers }));
      expect(runtime.peers.length).toBe(2);
      expect(peer().configuration.iceServers).toEqual(fresh);
    });

    test.each<[string, string, () => Promise<Response>]>([
      ["the edge cannot be reached", "Failed to fetch", () => Promise.reject(new TypeError("Failed to fetch"))],
      ["the edge refuses", "HTTP 401", async () => new Response("{}", { status: 401 })],
      ["the reply is no JSON", "not JSON", async () => new Response("<html>")],
      ["the reply is out of its schema", "schema", async () => Response.json({ iceServers: [{ urls: "http://x" }] })],
    ])("%s: the next connection does with what there is", async (_, reason, reply) => {
      const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
      runtime.fetch = vi.fn(reply);
      await breakLate();
      expect(runtime.peers.length).toBe(2);
      expect(peer().configuration.iceServers).toEqual(WELCOME.iceServers);
      expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(reason));
      expect(warn.mock.calls.join()).not.toContain(keys.joinToken);
    });
  });

  test("a connection that is closed while it is read, which Firefox then never answers, does not end the watching", async () => {
    await goLive();
    await vi.advanceTimersByTimeAsync(6_000);
    const [first, second] = runtime.peers;
    if (!first || !second) return expect.unreachable("nothing was made beside the one that stalled");
    second.frames = 0;
    socket().receive({ type: "answer", connection: 1, sdp: ANSWER, proof: answerProof() });
    await vi.advanceTimersByTimeAsync(500);
    expect(viewer.state.name).toBe("reconnecting");
    first.frames += 1;
    second.getStats = () => new Promise(() => {});
    await vi.advanceTimersByTimeAsync(250);
    expect([viewer.state.name, second.closed]).toEqual(["live", true]);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(viewer.state.name).toBe("reconnecting");
  });

  test("the numbers asked of a connection that is closed meanwhile are those known", async () => {
    await goLive();
    peer().getStats = () => new Promise(() => {});
    const asked = viewer.stats();
    viewer.close();
    expect(await asked).toMatchObject({ framesDecoded: 3 });
  });

  test("credentials that outlive every timer do not make it wake in a loop", async () => {
    socket().receive({ ...WELCOME, iceTtlMs: 1e15 });
    socket().receive({ type: "bye", connection: 0 });
    await vi.advanceTimersByTimeAsync(250);
    peer().path = "relay";
    await goLive(1);
    expect(viewer.state.name).toBe("live");
    const steps = vi.spyOn(runtime, "random");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(steps.mock.calls.length).toBeLessThan(20);
  });

  test("listeners hear each state once, and no more after they stopped", async () => {
    const names: string[] = [];
    const stop = viewer.on("state", ({ name }) => names.push(name));
    await goLive();
    stop();
    viewer.close();
    expect(names).toEqual(["live"]);
    expect(viewer.state.name).toBe("ended");
  });

  test("what is told of the states hears the first too, which follows the end of the viewer before", async () => {
    const names: string[] = [];
    // As the effect of docs/embed.md, which React runs twice in its strict mode.
    const effect = () => {
      const other = connect(link, { onState: ({ name }) => void names.push(name) }, runtime);
      return () => other.close();
    };
    effect()();
    const cleanUp = effect();
    await Promise.resolve();
    expect(names).toEqual(["ended", "connecting"]);
    cleanUp();
  });

  test.each<[string, object, Partial<FakeRuntime>]>([
    ["ended", { signal: AbortSignal.abort() }, {}],
    ["failed", {}, { openPeerConnection: undefined }],
  ])(
    "what is told of the states hears once of one that is %s at once, when it can use the viewer",
    async (state, options, lacking) => {
      const names: string[] = [];
      const onState = () => void names.push(other.state.name);
      const other = connect(link, { ...options, onState }, { ...runtime, ...lacking });
      await Promise.resolve();
      expect(names).toEqual([state]);
    },
  );

  test("each listener hears the states in their order, also those that another brings about", async () => {
    const heard: string[][] = [[], []];
    const other = connect(link, {}, runtime);
    await Promise.resolve();
    other.on("state", ({ name }) => {
      heard[0]?.push(name);
      if (name === "waiting") other.close();
    });
    other.on("state", ({ name }) => heard[1]?.push(name));
    socket().open();
    socket().receive({ ...WELCOME, sender: null });
    expect(heard).toEqual([
      ["waiting", "ended"],
      ["waiting", "ended"],
    ]);
  });

  test.each([[undefined], [[]]])("began when its page says, with the STUN servers %j", async (stunUrls) => {
    const other = connect(link, { stunUrls, startedAtMs: 5 }, runtime);
    expect((await other.stats()).timings.start).toBe(5);
    other.close();
  });

  test("a pause is no freeze, though the connection is replaced meanwhile", async () => {
    await goLive();
    socket().receive({ type: "paused", paused: true });
    await vi.advanceTimersByTimeAsync(4_000);
    peer().connectionState = "failed";
    peer().onconnectionstatechange?.();
    await settle();
    socket().receive({ type: "answer", connection: 1, sdp: ANSWER, proof: answerProof() });
    await settle();
    peer().frames = 0;
    peer().onconnectionstatechange?.();
    await vi.advanceTimersByTimeAsync(500);
    expect([viewer.state.name, runtime.peers.map(({ closed }) => closed)]).toEqual(["paused", [true, false]]);
    expect(await viewer.stats()).toMatchObject({ framesDecoded: 3, freezes: undefined });
  });

  test("an abort signal closes it and says bye", () => {
    const abort = new AbortController();
    const other = connect(link, { signal: abort.signal }, runtime);
    const mine = socket();
    mine.open();
    mine.receive({ ...WELCOME, sender: null });
    abort.abort();
    expect(other.state.name).toBe("ended");
    expect(mine.messages).toEqual([{ type: "bye" }]);
    expect(mine.readyState).toBe(3);
  });

  test("a signal that outlives it is let go of, and holds again from the next try on", () => {
    const abort = new AbortController();
    const [added, removed] = [
      vi.spyOn(abort.signal, "addEventListener"),
      vi.spyOn(abort.signal, "removeEventListener"),
    ];
    const other = connect(link, { signal: abort.signal }, runtime);
    other.close();
    expect(removed.mock.calls.at(-1)?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
    other.retry();
    expect(other.state.name).toBe("connecting");
    abort.abort();
    expect(other.state.name).toBe("ended");
  });

  test("one whose signal was aborted is not begun again, for nothing would end it", () => {
    const abort = new AbortController();
    const other = connect(link, { signal: abort.signal }, runtime);
    abort.abort();
    const before = runtime.sockets.length;
    other.retry();
    expect([other.state.name, runtime.sockets.length]).toEqual(["ended", before]);
  });

  test("a browser without WebRTC is told so", () => {
    const other = connect(link, {}, { ...runtime, openPeerConnection: undefined });
    expect(other.state).toMatchObject({ name: "failed", code: "webrtc-unsupported" });
  });

  test.each([
    ["https://example.com/s/front-door", "lost its secret"],
    ["https://example.com/s/front-door#short", "damaged"],
    ["https://example.com/", "no session id"],
    ["front door", "not a link"],
  ])("the link %s is refused with a sentence", (text, sentence) => {
    expect(() => connect(text, {}, runtime)).toThrow(sentence);
  });
});
