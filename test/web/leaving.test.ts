import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deriveLinkKeys, formatLink, type Link, makeLinkSecret } from "../../src/protocol/link.ts";
import { hashSdp, makeProof } from "../../src/protocol/proof.ts";
import { connect, type Viewer } from "../../src/web/client/index.ts";
import { FakeMediaStream, FakePeerConnection, type FakeRuntime, FakeVideo, fakeRuntime } from "./fakes.ts";

const link: Link = { origin: "https://example.com", sessionId: "front-door", role: "viewer", secret: makeLinkSecret() };
const keys = deriveLinkKeys(link.sessionId, link.role, link.secret);
const ANSWER = "v=0\r\na=answer\r\n";
const WELCOME = { type: "welcome", role: "viewer", iceServers: [], sender: "A".repeat(22) };

let runtime: FakeRuntime;
let video: FakeVideo;
let viewer: Viewer;
const settle = () => vi.advanceTimersByTimeAsync(0);

async function goLive(of: Viewer, connection = 0): Promise<void> {
  const socket = runtime.sockets.at(-1);
  const viewerId = socket?.protocols[2]?.slice("viewer.".length) ?? "";
  socket?.open();
  socket?.receive(WELCOME);
  await settle();
  const proof = makeProof(keys.proofKey, {
    sessionId: link.sessionId,
    viewerId,
    role: "viewer",
    type: "answer",
    sdp: ANSWER,
    offerHash: hashSdp(FakePeerConnection.offerSdp),
  });
  socket?.receive({ type: "answer", connection, sdp: ANSWER, proof });
  await settle();
  runtime.peers.at(-1)?.ontrack?.({ track: { kind: "video", id: `${connection}` } });
  video.present({});
  expect(of.state.name).toBe("live");
}
const open = () => connect(formatLink(link), { video: video as unknown as HTMLVideoElement }, runtime);
const tracks = (stream: unknown) => (stream as MediaStream).getTracks().length;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeMediaStream);
  runtime = fakeRuntime();
  video = new FakeVideo();
  viewer = open();
  await goLive(viewer);
});
afterEach(() => {
  viewer.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const removed = { type: "error", code: "kicked", message: "Removed." };

describe("nothing of the camera stays in the element", () => {
  test.each<[string, () => void]>([
    ["it is closed", () => viewer.close()],
    ["the owner removes this viewer", () => runtime.sockets.at(-1)?.receive(removed)],
  ])("once %s", async (_, what) => {
    const stream = video.srcObject;
    expect(tracks(stream)).toBe(1);
    what();
    await settle();
    expect([video.srcObject, tracks(stream)]).toEqual([null, 0]);
  });

  test("but while it reconnects", async () => {
    const peer = runtime.peers.at(-1);
    if (peer) peer.connectionState = "failed";
    peer?.onconnectionstatechange?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(viewer.state.name).toBe("reconnecting");
    expect(tracks(video.srcObject)).toBe(1);
  });
});

test("tried again, the picture is in the element again", async () => {
  const stream = video.srcObject;
  viewer.close();
  await settle();
  viewer.retry();
  await goLive(viewer, 1);
  await settle();
  expect([video.srcObject === stream, tracks(stream)]).toEqual([true, 1]);
});

test("another viewer that has the element already keeps it", async () => {
  const other = open();
  await goLive(other);
  const stream = video.srcObject;
  viewer.close();
  await settle();
  expect([video.srcObject === stream, tracks(stream)]).toEqual([true, 1]);
  other.close();
});

describe("an element that its page fades out", () => {
  let faded: () => void;
  beforeEach(() => {
    viewer.on("state", ({ name }) => {
      if (name === "ended") video.animations = [{ finished: new Promise<void>((resolve) => (faded = resolve)) }];
    });
    viewer.close();
  });

  test("is let go once that is done", async () => {
    await vi.advanceTimersByTimeAsync(900);
    expect(tracks(video.srcObject)).toBe(1);
    faded();
    await settle();
    expect(video.srcObject).toBeNull();
  });

  test("is not waited for long", async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    expect(video.srcObject).toBeNull();
  });

  test("is left alone when there is a picture again by then", async () => {
    viewer.retry();
    await goLive(viewer, 1);
    faded();
    await settle();
    expect(tracks(video.srcObject)).toBe(1);
  });
});
