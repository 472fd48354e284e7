import type { RTCPeerConnection, RTCRtpTransceiver } from "werift";
import { CANDIDATES_MAX } from "../../protocol/limits.ts";
import { candidatesIn } from "./offer.ts";
import { refuseOffer } from "./offer-refusal.ts";

/** Video, audio and data, and some to spare: outside a BUNDLE group each opens sockets of its own. */
const MEDIA_SECTIONS_MAX = 8;
const NO_H264 = "The offer takes no H.264, the one codec that Sightline sends.";

/**
 * @param offerSdp of `withBundledPorts`
 * @throws SightlineError `bad-request` for an offer that has no video section which takes H.264, or that would cost this
 * machine more sockets and checks than a viewer is worth
 */
export function requireUsable(offerSdp: string): void {
  const sections = offerSdp.split(/^(?=m=)/m).filter((section) => section.startsWith("m="));
  if (sections.length > MEDIA_SECTIONS_MAX) {
    refuseOffer(`The offer has ${sections.length} media sections, of which ${MEDIA_SECTIONS_MAX} are taken at most.`);
  }
  if (candidatesIn(offerSdp) > CANDIDATES_MAX) {
    refuseOffer(`The offer has more than the ${CANDIDATES_MAX} candidates that a connection may have.`);
  }
  const video = sections.filter(isVideo);
  if (video.length === 0) {
    refuseOffer("The offer has no video section: add a recvonly video transceiver before createOffer.");
  }
  if (!video.some((section) => /^a=rtpmap:\d+ H264\//im.test(section))) refuseOffer(NO_H264);
}

/**
 * The first section that takes H.264, once the offer was applied; werift turns the others down.
 * @throws SightlineError `bad-request`
 */
export function requireVideo(pc: RTCPeerConnection): RTCRtpTransceiver {
  const isH264 = ({ mimeType }: { mimeType: string }) => mimeType.toLowerCase() === "video/h264";
  return pc.getTransceivers().find(({ codecs }) => codecs.some(isH264)) ?? refuseOffer(NO_H264);
}

/** Port 0 says that a section is not offered (RFC 3264 section 5.1). */
function isVideo(section: string): boolean {
  return /^m=video (?!0[ /])/.test(section);
}

/**
 * What is repaired before there is an offer is repaired for one transport.
 * @throws SightlineError `bad-request`
 */
export function requireOneTransport({ iceTransports }: RTCPeerConnection): void {
  if (iceTransports.length !== 1) refuseOffer("The offer's media sections are not in one BUNDLE group.");
}
