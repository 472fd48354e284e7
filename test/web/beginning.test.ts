import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { formatLink, type Link, makeLinkSecret } from "../../src/protocol/link.ts";
import { connect } from "../../src/web/client/index.ts";
import { FakeMediaStream, fakeRuntime } from "./fakes.ts";

const link: Link = { origin: "http://example.com", sessionId: "front-door", role: "viewer", secret: makeLinkSecret() };
const WELCOME = { type: "welcome", role: "viewer", iceServers: [], sender: "A".repeat(22) };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("MediaStream", FakeMediaStream);
  vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it("a socket that the browser does not let the page open is said, and not thrown", () => {
  const runtime = fakeRuntime();
  const openSocket = () => {
    throw new DOMException("An insecure WebSocket connection may not be initiated.", "SecurityError");
  };
  const viewer = connect(formatLink(link), {}, { ...runtime, openSocket });
  expect(viewer.state).toMatchObject({ name: "failed", message: expect.stringContaining("https") });
  viewer.retry();
  expect(viewer.state.name).toBe("failed");
  expect(runtime.peers).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

it("a connection that the browser does not make now is asked for again", async () => {
  const runtime = fakeRuntime();
  let refusals = 2;
  const openPeerConnection: typeof runtime.openPeerConnection = (configuration) => {
    if (refusals-- > 0) throw new DOMException("Cannot create so many PeerConnections", "UnknownError");
    return runtime.openPeerConnection?.(configuration) as RTCPeerConnection;
  };
  const viewer = connect(formatLink(link), {}, { ...runtime, openPeerConnection });
  const [socket] = runtime.sockets;
  socket?.open();
  socket?.receive(WELCOME);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(socket?.messages).toContainEqual(expect.objectContaining({ type: "offer" }));
  viewer.close();
});

it("a browser that makes no connection at all is named in words, and asked again, also where the offer leaves ahead", async () => {
  const runtime = fakeRuntime();
  let refuses = true;
  const openPeerConnection: typeof runtime.openPeerConnection = (configuration) => {
    if (refuses) throw new DOMException("WebRTC is disabled", "NotAllowedError");
    return runtime.openPeerConnection?.(configuration) as RTCPeerConnection;
  };
  const viewer = connect(formatLink(link), { stunUrls: [] }, { ...runtime, openPeerConnection });
  const [socket] = runtime.sockets;
  socket?.open();
  socket?.receive(WELCOME);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(viewer.state).toMatchObject({ name: "connecting", message: expect.stringContaining("makes no WebRTC") });
  refuses = false;
  await vi.advanceTimersByTimeAsync(8_000);
  expect(socket?.messages).toContainEqual(expect.objectContaining({ type: "offer" }));
  viewer.close();
});

it("a browser without H.264 is named in words, not the camera, and asked again, for Firefox may have it later", async () => {
  const runtime = fakeRuntime();
  let mimeType = "video/VP8";
  const codecs = () => [{ mimeType, clockRate: 90_000, sdpFmtpLine: "packetization-mode=1" }];
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: codecs() }) });
  const openPeerConnection: typeof runtime.openPeerConnection = (configuration) => {
    const connection = runtime.openPeerConnection?.(configuration) as RTCPeerConnection;
    const { receiver } = connection.addTransceiver("video");
    const transceiver = { receiver, setCodecPreferences: () => undefined };
    return Object.assign(connection, { addTransceiver: () => transceiver });
  };
  const viewer = connect(formatLink(link), { stunUrls: [] }, { ...runtime, openPeerConnection });
  const [socket] = runtime.sockets;
  socket?.open();
  socket?.receive(WELCOME);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(viewer.state).toMatchObject({ name: "connecting", message: expect.stringContaining("cannot play H.264") });
  expect(runtime.peers.filter(({ closed }) => !closed)).toEqual([]);
  mimeType = "video/H264";
  await vi.advanceTimersByTimeAsync(8_000);
  expect(socket?.messages).toContainEqual(expect.objectContaining({ type: "offer" }));
  viewer.close();
  vi.unstubAllGlobals();
});

it("a viewer that is closed before it began leaves nothing open", async () => {
  const runtime = fakeRuntime();
  const viewer = connect(formatLink(link), { stunUrls: [], signal: AbortSignal.abort() }, runtime);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(viewer.state.name).toBe("ended");
  expect(runtime.sockets).toEqual([]);
  expect(runtime.peers.filter(({ closed }) => !closed)).toEqual([]);
});
