import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveLinkKeys, formatLink, type Link, makeLinkSecret } from "../../src/protocol/link.ts";
import { hashSdp, makeProof, verifyProof } from "../../src/protocol/proof.ts";
import { abandon, offerAhead } from "../../src/web/client/ahead.ts";
import { keepEvents } from "../../src/web/client/early-socket.ts";
import { connect, type Viewer } from "../../src/web/client/index.ts";
import { Player } from "../../src/web/client/player.ts";
import { FakeMediaStream, FakePeerConnection, type FakeRuntime, FakeSocket, FakeVideo, fakeRuntime } from "./fakes.ts";

const link: Link = { origin: "https://example.com", sessionId: "front-door", role: "viewer", secret: makeLinkSecret() };
const keys = deriveLinkKeys(link.sessionId, link.role, link.secret);
const STUN = "stun:stun.example.com:3478";
const ANSWER = "v=0\r\na=answer\r\n";
const WELCOME = { type: "welcome", role: "viewer", iceServers: [{ urls: [STUN] }], sender: "A".repeat(22) };

const RELAY = [{ urls: ["turn:relay.example.com"], username: "user", credential: "secret" }];

interface Posted {
  viewer: string;
  connection: number;
  sdp: string;
  proof: string;
}

let runtime: FakeRuntime;
let viewer: Viewer;
let posts: { url: string; init: RequestInit; body: Posted }[];
/** What the edge does with each POST, in turn; the last goes on. */
let edge: ((body: Posted) => Response | Promise<Response>)[];

const settle = () => vi.advanceTimersByTimeAsync(0);
const socket = () => runtime.sockets.at(-1);

function answered({ viewer: viewerId, sdp, connection }: Posted, more: object = {}): Response {
  const bound = { sessionId: link.sessionId, viewerId, role: "viewer", offerHash: hashSdp(sdp) } as const;
  const proof = makeProof(keys.proofKey, { ...bound, type: "answer", sdp: ANSWER });
  return Response.json({ type: "answer", connection, sdp: ANSWER, proof, iceServers: [], ...more });
}
const refused = (status: number, code: string) => () => Response.json({ error: { code, message: "No." } }, { status });
const lost = () => Promise.reject(new TypeError("Failed to fetch"));

async function open(...replies: typeof edge): Promise<void> {
  edge = replies;
  viewer = connect(formatLink(link), { stunUrls: [STUN] }, runtime);
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeMediaStream);
  // As in a page that came by plain http: what the browser hashes itself, these timers do not wait for.
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  runtime = fakeRuntime();
  posts = [];
  runtime.fetch = async (url, init) => {
    const body = JSON.parse(String(init.body));
    posts.push({ url, init, body });
    return (edge.length > 1 ? edge.shift() : edge[0])?.(body) ?? lost();
  };
});
afterEach(() => {
  viewer.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("with the edge's STUN servers known", () => {
  test("the offer leaves by HTTP while the socket opens, proved and with the join token", async () => {
    await open(answered);
    expect(runtime.peers.length).toBe(1);
    // A pool makes the browser gather from the start on, and not when the offer is applied.
    expect(runtime.peers[0]?.configuration).toMatchObject({ iceServers: [{ urls: [STUN] }], iceCandidatePoolSize: 1 });
    const [post] = posts;
    if (!post) throw new Error("nothing was posted");
    expect(post.url).toBe("https://example.com/api/sessions/front-door/offer");
    expect(post.init).toMatchObject({ method: "POST", headers: { Authorization: `Bearer ${keys.joinToken}` } });
    const { viewer: viewerId, connection, sdp, proof } = post.body;
    expect([connection, sdp]).toEqual([0, FakePeerConnection.offerSdp]);
    const bound = { sessionId: link.sessionId, viewerId, role: "viewer", type: "offer", sdp } as const;
    expect(verifyProof(keys.proofKey, bound, proof)).toBe(true);
    expect(socket()?.protocols).toContain(`viewer.${viewerId}`);
    expect(JSON.stringify(posts)).not.toContain(link.secret);
  });

  test("its answer connects before the socket is open; candidates wait for that", async () => {
    await open(answered);
    expect(runtime.peers[0]?.remote).toBe(ANSWER);
    runtime.peers[0]?.candidate("candidate:late");
    socket()?.open();
    expect(socket()?.messages).toEqual([]);
    socket()?.receive(WELCOME);
    expect(socket()?.messages.map(({ type, candidate }) => candidate ?? type)).toEqual([
      "resume",
      "candidate:early",
      "candidate:late",
    ]);
  });

  test("a genuine answer is applied before the viewer itself is there, which then goes on from it", async () => {
    edge = [answered];
    const identify = () => ({ link, keys, viewerId: "V".repeat(22) });
    const ahead = offerAhead(identify, [STUN], runtime);
    await settle();
    expect(runtime.peers[0]).toMatchObject({ remote: ANSWER, answersApplied: 1 });
    await vi.advanceTimersByTimeAsync(300);
    viewer = connect(link, { ahead }, runtime);
    await settle();
    expect(runtime.peers).toHaveLength(1);
    expect(runtime.peers[0]?.answersApplied).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(viewer.state.name).toBe("live");
    expect(viewer.stream?.getTracks()).toMatchObject([{ id: "received" }]);
    const { timings } = await viewer.stats();
    expect([timings.start, timings.offerSent, timings.answer]).toEqual(Array(3).fill(ahead?.startedAtMs));
  });

  test("the welcome is told as of when it came, not when somebody took the socket", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    if (!ahead) throw new Error("nothing was offered");
    const early = new FakeSocket("wss://example.com", []);
    ahead.socket = keepEvents(early as unknown as WebSocket, runtime.nowMs);
    await vi.advanceTimersByTimeAsync(20);
    early.open();
    early.receive(WELCOME);
    const welcomedAtMs = runtime.nowMs();
    await vi.advanceTimersByTimeAsync(300);
    viewer = connect(link, { ahead }, runtime);
    await settle();
    expect((await viewer.stats()).timings.welcome).toBe(welcomedAtMs);
  });

  test("what the connection reached meanwhile is told as of then", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    await settle();
    const [peer] = runtime.peers;
    if (!peer) throw new Error("there is no connection");
    const startMs = runtime.nowMs();
    await vi.advanceTimersByTimeAsync(20);
    peer.iceConnectionState = "connected";
    peer.oniceconnectionstatechange?.();
    await vi.advanceTimersByTimeAsync(10);
    peer.onconnectionstatechange?.();
    await vi.advanceTimersByTimeAsync(300);
    viewer = connect(link, { ahead }, runtime);
    await settle();
    const { iceConnected, dtlsConnected } = (await viewer.stats()).timings;
    expect([iceConnected, dtlsConnected]).toEqual([startMs + 20, startMs + 30]);
  });

  test("a picture that was put on show meanwhile stays as it is, and is told as of then", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    const [peer] = runtime.peers;
    if (!ahead || !peer) throw new Error("there is no offer");
    const video = new FakeVideo();
    ahead.player = new Player(video as unknown as HTMLVideoElement, runtime.nowMs);
    await settle();
    ahead.player.show(peer.receiver.track as unknown as MediaStreamTrack);
    ahead.player.whenPresented(() => undefined);
    const { srcObject } = video;
    await vi.advanceTimersByTimeAsync(40);
    video.present({ receiveTime: 31, presentationTime: 37 });
    const shownAtMs = runtime.nowMs();
    await vi.advanceTimersByTimeAsync(300);
    viewer = connect(link, { ahead, video: video as unknown as HTMLVideoElement }, runtime);
    await settle();
    expect(viewer.state.name).toBe("live");
    expect([video.srcObject, viewer.stream]).toEqual([srcObject, srcObject]);
    const { keyframe, decoded, firstFrame, iceConnected, dtlsConnected } = (await viewer.stats()).timings;
    expect([keyframe, decoded, firstFrame]).toEqual([31, 37, shownAtMs]);
    // The page heard of these later.
    expect([iceConnected, dtlsConnected]).toEqual([shownAtMs, shownAtMs]);
  });

  /** A first connection that has its track but does not stand yet, and one with TURN that was answered beside it. */
  async function besideRelay() {
    edge = [(body) => answered(body, { iceServers: RELAY })];
    const video = new FakeVideo();
    viewer = connect(link, { stunUrls: [STUN], video: video as unknown as HTMLVideoElement }, runtime);
    const [direct] = runtime.peers;
    if (!direct) throw new Error("there is no offer");
    direct.connectionState = "new";
    await settle();
    socket()?.open();
    socket()?.receive({ ...WELCOME, iceServers: RELAY });
    await vi.advanceTimersByTimeAsync(500);
    const offer = socket()?.messages.find(({ type }) => type === "offer");
    const answer = answered({ ...(offer as unknown as Posted), viewer: posts[0]?.body.viewer ?? "" });
    socket()?.receive(await answer.json());
    await settle();
    const relayed = runtime.peers[1];
    if (!relayed) throw new Error("there is no second one");
    return { video, direct, relayed };
  }

  function stand(peer: FakePeerConnection): void {
    peer.connectionState = "connected";
    peer.onconnectionstatechange?.();
  }

  test("it connects, and is lost beside one that stands too: that one's first picture is noticed at once", async () => {
    const { video, direct, relayed } = await besideRelay();
    stand(direct);
    relayed.ontrack?.({ track: { kind: "video", id: "relayed" } });
    stand(relayed);
    const shown = () => (video.srcObject as MediaStream).getTracks().map(({ id }) => id);
    expect(shown()).toEqual(["received"]);
    direct.connectionState = "disconnected";
    direct.onconnectionstatechange?.();
    expect(shown()).toEqual(["relayed"]);
    video.present({});
    expect([viewer.state.name, shown(), relayed.closed]).toEqual(["live", ["relayed"], false]);
  });

  test.each([
    ["after all, when the other's track is there", ["track", "stands"], ["relayed"]],
    ["before the other's track comes", ["stands", "track"], ["received"]],
  ])("it connects beside one with TURN, %s: its first picture is noticed at once", async (_, events, first) => {
    const { video, direct, relayed } = await besideRelay();
    const happens: Record<string, () => void> = {
      track: () => relayed.ontrack?.({ track: { kind: "video", id: "relayed" } }),
      stands: () => stand(direct),
    };
    const shown = () => (video.srcObject as MediaStream).getTracks().map(({ id }) => id);
    const shownAfter = events.map((event) => {
      happens[event]?.();
      return shown();
    });
    expect(shownAfter).toEqual([first, ["received"]]);
    video.present({});
    expect([viewer.state.name, shown(), relayed.closed]).toEqual(["live", ["received"], true]);
  });

  test("a socket that was opened ahead is gone on with, from what it said meanwhile", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    if (!ahead) throw new Error("there is no offer");
    const early = runtime.openSocket("wss://example.com/early", []) as unknown as FakeSocket;
    ahead.socket = keepEvents(early as unknown as WebSocket, runtime.nowMs);
    await settle();
    early.open();
    early.receive(WELCOME);
    const openedAtMs = runtime.nowMs();
    await vi.advanceTimersByTimeAsync(300);
    viewer = connect(link, { ahead }, runtime);
    await settle();
    expect(runtime.sockets).toHaveLength(1);
    expect(early.messages.map(({ type, candidate }) => candidate ?? type)).toEqual(["candidate:early"]);
    expect((await viewer.stats()).timings.socketOpen).toBe(openedAtMs);
    early.breakOff();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runtime.sockets.length).toBeGreaterThan(1);
  });

  test("what was begun for another link is let go of", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    if (!ahead) throw new Error("there is no offer");
    const early = new FakeSocket("wss://example.com/early", []);
    ahead.socket = keepEvents(early as unknown as WebSocket, runtime.nowMs);
    abandon(ahead);
    await settle();
    expect([runtime.peers[0]?.closed, early.readyState, posts.length]).toEqual([true, 3, 0]);
    viewer = connect(link, {}, runtime);
  });

  test("what was begun is let go of where nobody wants it any more", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    viewer = connect(link, { ahead, signal: AbortSignal.abort() }, runtime);
    expect([viewer.state.name, runtime.peers[0]?.closed, runtime.sockets]).toEqual(["ended", true, []]);
  });

  test("nothing of what was begun stays open where the link turns out damaged", () => {
    const damaged = { ...link, secret: "short" };
    expect(() => connect(damaged, { stunUrls: [STUN] }, runtime)).toThrow("incomplete");
    expect(runtime.peers.map(({ closed }) => closed)).toEqual([true]);
    viewer = connect(link, {}, runtime);
  });

  test("one that failed before the viewer was there is made anew", async () => {
    edge = [answered];
    const ahead = offerAhead(() => ({ link, keys, viewerId: "V".repeat(22) }), [STUN], runtime);
    await settle();
    if (runtime.peers[0]) runtime.peers[0].connectionState = "failed";
    viewer = connect(link, { ahead }, runtime);
    socket()?.open();
    socket()?.receive(WELCOME);
    await vi.advanceTimersByTimeAsync(500);
    expect(runtime.peers.map(({ closed }) => closed)).toEqual([true, false]);
  });

  test("candidates do not overtake an offer whose answer is awaited", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await open(async (body) => {
      await promise;
      return answered(body);
    });
    socket()?.open();
    socket()?.receive(WELCOME);
    await settle();
    expect(socket()?.messages).toEqual([]);
    resolve();
    await settle();
    expect(socket()?.messages.map(({ candidate }) => candidate)).toEqual(["candidate:early"]);
  });

  test("a lost one is repeated as it is, but for asking for a standby", async () => {
    await open(lost, refusedToAnswer, answered);
    expect(runtime.peers[0]?.remote).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10_000);
    const [{ standby, ...offer }, ...repeated] = posts.map(({ init }) => JSON.parse(String(init.body)));
    expect(standby).toBe(true);
    expect(repeated).toEqual([offer, offer]);
    expect(runtime.peers[0]?.remote).toBe(ANSWER);
  });

  test("one that is lost for good goes by the socket, on a fresh connection", async () => {
    await open(lost);
    socket()?.open();
    socket()?.receive(WELCOME);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(posts.length).toBe(3);
    expect(runtime.peers.map(({ closed }) => closed)).toEqual([true, false]);
    expect(socket()?.messages[0]).toMatchObject({ type: "bye", connection: 0 });
    expect(socket()?.messages[1]).toMatchObject({ type: "offer", connection: 1 });
  });

  test.each([
    ["that knows no such route", refused(404, "not-found")],
    ["whose proxy answers with a page", () => new Response("<html>", { status: 502 })],
    ["that answers out of its schema", () => Response.json({ sdp: 7 })],
    ["that answers another connection", (body: Posted) => answered({ ...body, connection: 3 })],
  ])("an edge %s is offered to by the socket", async (_, reply) => {
    await open(reply);
    socket()?.open();
    socket()?.receive(WELCOME);
    await settle();
    expect(socket()?.messages.filter(({ type }) => type === "offer")).toMatchObject([{ connection: 1 }]);
    expect(posts.length).toBe(1);
  });

  test("a camera that is not there is waited for", async () => {
    await open(refused(503, "sender-absent"));
    socket()?.open();
    socket()?.receive({ ...WELCOME, sender: null });
    await settle();
    expect(viewer.state.name).toBe("waiting");
    expect(posts.length).toBe(1);
    socket()?.receive({ type: "sender-online", sender: "B".repeat(22) });
    await settle();
    expect(socket()?.messages).toMatchObject([{ type: "offer", connection: 1 }, { type: "candidate" }]);
  });

  test("an answer that another made is refused for good", async () => {
    await open((body) => answered(body, { sdp: `${ANSWER}a=fingerprint:x\r\n` }));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(viewer.state).toMatchObject({ name: "failed", code: "proof-refused" });
    expect(runtime.peers.map(({ remote, closed }) => [remote, closed])).toEqual([[undefined, true]]);
    expect([posts.length, runtime.sockets.length]).toEqual([1, 1]);
  });

  test("a page that is left repeats nothing", async () => {
    await open(lost);
    viewer.close();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(posts.length).toBe(1);
  });
});

/** As a connection that breaks while the answer comes. */
function refusedToAnswer(): Response {
  const body = new ReadableStream({ start: (controller) => controller.error(new TypeError("network error")) });
  return new Response(body);
}
