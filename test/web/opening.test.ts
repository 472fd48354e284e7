import { afterEach, expect, test, vi } from "vitest";
import { giveIceServers } from "../../src/web/client/ice-servers.ts";
import { configure, NoH264, Opening } from "../../src/web/client/opening.ts";
import { FakePeerConnection } from "./fakes.ts";

const STUN = [{ urls: ["stun:stun.example.com"] }];
const rtx = { mimeType: "video/rtx", clockRate: 90_000 };
const vp8 = { mimeType: "video/VP8", clockRate: 90_000 };
const h264 = (mode: number, profile: string) => ({
  mimeType: "video/H264",
  clockRate: 90_000,
  sdpFmtpLine: `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`,
});

/** What the browser is asked to offer, when it has these. */
function offeredOf(codecs: object[]): object[] | undefined {
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs }) });
  const connection = new FakePeerConnection({});
  let preferred: object[] | undefined;
  const setCodecPreferences = (list: object[]) => {
    preferred = list;
  };
  connection.addTransceiver = () => ({ receiver: connection.receiver, setCodecPreferences });
  new Opening(connection as unknown as RTCPeerConnection);
  return preferred;
}

afterEach(() => vi.unstubAllGlobals());

test("H.264 that fits any picture is offered, with its repair, and nothing that would only lengthen the offer", () => {
  const [baseline, high] = [h264(1, "42e01f"), h264(1, "64001f")];
  expect(offeredOf([vp8, rtx, h264(0, "42e01f"), baseline, high])).toEqual([baseline, high, rtx]);
});

test("a browser without H.264 offers nothing, and one that does not tell what it has, all of it", () => {
  expect(() => offeredOf([vp8, rtx])).toThrow(NoH264);
  expect(() => offeredOf([vp8, rtx, h264(0, "42e01f")])).toThrow(NoH264);
  expect(offeredOf([])).toBeUndefined();
});

test("with its servers known a connection gathers ahead of its offer, and keeps what it gathered", async () => {
  expect(configure(STUN)).toMatchObject({ iceServers: STUN, iceCandidatePoolSize: 1 });
  const connection = new FakePeerConnection(configure(STUN));
  const set = vi.spyOn(connection, "setConfiguration");
  await new Opening(connection as unknown as RTCPeerConnection).offer();
  expect(set).not.toHaveBeenCalled();
});

test("without, they come before the offer", () => {
  expect(configure().iceCandidatePoolSize).toBeUndefined();
  const connection = new FakePeerConnection(configure());
  giveIceServers(connection as unknown as RTCPeerConnection, STUN);
  expect(connection.configuration).toEqual({ ...configure(), iceServers: STUN });
});

test("an ICE server that the browser refuses does not cost the others", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const connection = new FakePeerConnection(configure());
  const refusing = vi.spyOn(connection, "setConfiguration").mockImplementation((configuration) => {
    const bad = configuration.iceServers?.some(({ urls, credential }) => String(urls).includes("turn:") && !credential);
    if (bad) throw new DOMException("TURN server with empty username or password", "InvalidAccessError");
    connection.configuration = configuration;
  });
  const relay = { username: "user", credential: "hush" };
  giveIceServers(connection as unknown as RTCPeerConnection, [
    { urls: ["turn:open.example.com", "stun:open.example.com"] },
    { urls: ["turn:relay.example.com"], ...relay },
  ]);
  expect(connection.configuration).toEqual({
    ...configure(),
    iceServers: [{ urls: ["stun:open.example.com"] }, { urls: ["turn:relay.example.com"], ...relay }],
  });
  expect(warn).toHaveBeenCalledOnce();
  refusing.mockRestore();
});
