import { RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { Peer } from "./peer.ts";
import { forgetDefaultStun } from "./repairs/no-default-stun.ts";

/** For all that a round does once it has its key, and again for closing it. */
const GIVE_UP_MS = 3_000;
const GATHER_MS = 20;

/** The last of them takes a quarter of the first; from then on it is little. */
const ROUNDS = 6;

/**
 * Connects to itself a few times, so that the certificate is made and the code compiled before the first viewer comes, who
 * would otherwise wait some hundred milliseconds for both. A failure is nobody's concern, nor is what werift never finishes
 * waited for.
 * @param isEnough asked before each round, which may take seconds where this machine cannot reach itself
 */
export async function warmUp(isEnough = () => false): Promise<void> {
  for (let round = 0; round < ROUNDS && !isEnough(); round++) await connectToItself();
}

async function connectToItself(): Promise<void> {
  const video = new RTCRtpCodecParameters({
    mimeType: "video/H264",
    clockRate: 90_000,
    parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
  });
  const viewer = new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ["127.0.0.1"],
    codecs: { video: [video], audio: [] },
  });
  const connected = Promise.withResolvers<void>();
  const peer = new Peer({
    iceServers: [],
    loopback: true,
    relayOnly: false,
    onCandidate: () => {},
    onState: (state) => {
      if (state !== "connecting") connected.resolve();
    },
    onKeyframeRequest: () => {},
  });
  try {
    viewer.addTransceiver("video", { direction: "recvonly" });
    // However long a busy machine takes: a thread may not end while its key is made.
    const offer = await viewer.createOffer();
    forgetDefaultStun(viewer);
    const connect = async () => {
      await viewer.setLocalDescription(offer);
      const sdp = await peer.answer(viewer.localDescription?.sdp ?? "", GATHER_MS);
      await viewer.setRemoteDescription({ type: "answer", sdp });
      await connected.promise;
      for (let i = 0; i < 50; i++) peer.send([Buffer.alloc(1_000, i)], i === 0, performance.now());
    };
    await atMost(GIVE_UP_MS, connect());
  } catch {
    // The first viewer is slower then, and no worse off.
  } finally {
    await atMost(GIVE_UP_MS, Promise.allSettled([peer.close(), viewer.close()]));
  }
}

/** Waits for it no longer than this. */
async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
