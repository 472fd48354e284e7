import { RTCPeerConnection, RTCRtpCodecParameters, RTCRtpHeaderExtensionParameters } from "werift";
import type { IceServer } from "../../protocol/ice.ts";
import { PLAYOUT_DELAY_URI, SDES_MID_URI, TRANSPORT_WIDE_CC_URI } from "./header-extensions.ts";
import { VIDEO_CLOCK_HZ } from "./media-sender.ts";
import { readCertificateOnce } from "./repairs/certificate-once.ts";
import { giveKeysAsObjects } from "./repairs/keys-as-objects.ts";
import { mendUdpBind } from "./repairs/udp-bind.ts";

const HEADER_EXTENSIONS = [PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI, SDES_MID_URI];
const RTCP_FEEDBACK = [
  { type: "nack" },
  { type: "nack", parameter: "pli" },
  { type: "ccm", parameter: "fir" },
  { type: "transport-cc" },
  { type: "goog-remb" },
];

export interface Reach {
  iceServers: IceServer[];
  /** Use TURN only, so that the viewer never learns this machine's addresses. */
  relayOnly: boolean;
  /** Offer 127.0.0.1 too, for a viewer on this machine where no network is up. */
  loopback: boolean;
}

mendUdpBind();
readCertificateOnce();
giveKeysAsObjects();

/** werift's connection as this sender wants it: one transport, H.264 and its repair. */
export function openConnection({ iceServers, relayOnly, loopback }: Reach): RTCPeerConnection {
  return new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    iceServers: iceServers.map(({ urls, ...rest }) => ({ urls, ...rest })),
    ...(loopback ? { iceAdditionalHostAddresses: ["127.0.0.1"] } : {}),
    iceStunGatherTimeout: 1,
    iceTransportPolicy: relayOnly ? "relay" : "all",
    codecs: {
      video: [
        new RTCRtpCodecParameters({
          mimeType: "video/H264",
          clockRate: VIDEO_CLOCK_HZ,
          rtcpFeedback: RTCP_FEEDBACK,
          parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
        }),
        new RTCRtpCodecParameters({ mimeType: "video/rtx", clockRate: VIDEO_CLOCK_HZ, parameters: "apt=" }),
      ],
      audio: [],
    },
    headerExtensions: {
      video: HEADER_EXTENSIONS.map((uri) => new RTCRtpHeaderExtensionParameters({ uri })),
      audio: [],
    },
  });
}
