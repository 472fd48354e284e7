import { RTCPeerConnection, type RTCPFB, RTCRtpCodecParameters, RTCRtpHeaderExtensionParameters } from "werift";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";

export interface ReceivingOptions {
  mimeType?: string;
  feedback?: RTCPFB[];
  /** Codecs beside it, such as RTX. */
  further?: RTCRtpCodecParameters[];
  /** URIs of RTP header extensions. */
  extensions?: string[];
}

/** A viewer's end made of werift, on this machine alone: one video to receive, H.264 unless told otherwise. */
export function receivingConnection(options: ReceivingOptions = {}): RTCPeerConnection {
  const { mimeType = "video/H264", feedback = [], further = [], extensions = [] } = options;
  const video = new RTCRtpCodecParameters({
    mimeType,
    clockRate: 90_000,
    rtcpFeedback: feedback,
    parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
  });
  const pc = new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ["127.0.0.1"],
    codecs: { video: [video, ...further], audio: [] },
    headerExtensions: { video: extensions.map((uri) => new RTCRtpHeaderExtensionParameters({ uri })), audio: [] },
  });
  pc.addTransceiver("video", { direction: "recvonly" });
  forgetDefaultStun(pc);
  return pc;
}
