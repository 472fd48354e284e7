import { RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { Peer } from "./peer.ts";
import { forgetDefaultStun } from "./repairs/no-default-stun.ts";

const GIVE_UP_MS = 3_000;
const GATHER_MS = 20;

/** The last of them takes a quarter of the first; from then on it is little. */
const ROUNDS = 6;

/**
 * Connects to itself a few times, so that the certificate is made and the code compiled before the first viewer comes, who
 * would otherwise wait some hundred milliseconds for both. A failure is nobody's concern.
 */
export async function warmUp(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await connectToItself();
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
  const timer = setTimeout(connected.resolve, GIVE_UP_MS);
  try {
    viewer.addTransceiver("video", { direction: "recvonly" });
    const offer = await viewer.createOffer();
    forgetDefaultStun(viewer);
    await viewer.setLocalDescription(offer);
    const sdp = await peer.answer(viewer.localDescription?.sdp ?? "", GATHER_MS);
    await viewer.setRemoteDescription({ type: "answer", sdp });
    await connected.promise;
    for (let i = 0; i < 50; i++) peer.send([Buffer.alloc(1_000, i)], i === 0, performance.now());
  } catch {
    // The first viewer is slower then, and no worse off.
  } finally {
    clearTimeout(timer);
    await Promise.allSettled([peer.close(), viewer.close()]);
  }
}
