import { utf8 } from "../../protocol/bytes.ts";
import { MESSAGE_MAX_BYTES, SDP_MAX_CHARS } from "../../protocol/limits.ts";
import { refuseOffer } from "./offer-refusal.ts";

export function candidatesIn(sdp: string): number {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0;
}

/** What a viewer would send with is of no use here: werift would make a receiver for each. */
export function withoutSources(offerSdp: string): string {
  return offerSdp.replace(/^a=ssrc(?:-group)?:.*\r?\n/gm, "");
}

/**
 * A section with `a=bundle-only` has port 0 and is offered all the same, at the port of its BUNDLE group (RFC 9143 section
 * 6), as the video in the example of the WHEP draft. werift takes port 0 for a refusal.
 */
export function withBundledPorts(offerSdp: string): string {
  const sections = offerSdp.split(/^(?=m=)/m);
  return sections
    .map((each) => (/^a=bundle-only\s*$/m.test(each) ? each.replace(/^(m=\w+) 0 /, "$1 9 ") : each))
    .join("");
}

/**
 * Firefox leaves the parameters of payload types behind that its offer no longer names, and werift cannot read such an
 * offer.
 */
export function withoutStrayFormats(offerSdp: string): string {
  let named: Set<string> | undefined;
  const kept = offerSdp.split(/(?<=\n)/).filter((line) => {
    if (line.startsWith("m=")) named = new Set(line.trim().split(" ").slice(3));
    const [, payloadType] = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line) ?? [];
    return !named || payloadType === undefined || named.has(payloadType);
  });
  return kept.join("");
}

/** Which type a retransmission repairs (RFC 4588 section 8.6). */
const APT = /(?:^|;)\s*apt=(\d+)/;
const MODE_1 = /(?:^|;)\s*packetization-mode=1\s*(?:;|$)/i;

/**
 * An offer whose video takes H.264 only as it is sent here, in packetization-mode 1 (RFC 6184 section 6.3): werift answers
 * with the first H.264 that is named, whatever its mode. Where none is named with parameters that of no parameters stays:
 * some players write none, and take what comes.
 * @param offerSdp has some H.264, see `requireUsable`
 * @throws SightlineError `bad-request` when every H.264 is of another mode
 */
export function withoutOtherModes(offerSdp: string): string {
  const kept = withoutStrayFormats(
    offerSdp
      .split(/^(?=m=)/m)
      .map(inMode1)
      .join(""),
  );
  if (h264In(kept).length > 0) return kept;
  refuseOffer("The offer takes no H.264 of packetization-mode=1, which is what is sent.");
}

function inMode1(section: string): string {
  if (!section.startsWith("m=video ")) return section;
  const parameters = new Map<string, string>();
  for (const [, type = "", text = ""] of section.matchAll(/^a=fmtp:(\d+) (.*)$/gm)) parameters.set(type, text.trim());
  // Each type once: a stranger may name one a thousand times, with parameters as long as the offer.
  const all = [...new Set(h264In(section))];
  const named = all.filter((type) => MODE_1.test(parameters.get(type) ?? ""));
  const kept = new Set(named.length > 0 ? named : all.filter((type) => !parameters.has(type)));
  const gone = new Set(all.filter((type) => !kept.has(type)));
  for (const [type, text] of parameters) {
    const [, repaired = ""] = APT.exec(text) ?? [];
    if (gone.has(repaired)) gone.add(type);
  }
  return section.replace(/^(m=\S+ \S+ \S+)(.*?)(\r?\n|$)/, (_line, media, types: string, end) => {
    const others = types.split(" ").filter((type) => type && !gone.has(type));
    // A section names one at least; this one is of nothing.
    return `${[media, ...(others.length > 0 ? others : ["0"])].join(" ")}${end}`;
  });
}

/** Its payload types. */
function h264In(sdp: string): string[] {
  return Array.from(sdp.matchAll(/^a=rtpmap:(\d+) H264\//gim), ([, type = ""]) => type);
}

/** Beside the answer's text a message has names, a proof and two numbers. */
const ANSWER_MAX_BYTES = MESSAGE_MAX_BYTES - 1_024;

/**
 * An answer repeats much of what is offered. The edge would close the sender's socket over one that is too long.
 * @returns it
 * @throws SightlineError `bad-request` when no message may carry it
 */
export function requireFitting(answerSdp: string): string {
  const bytes = answerSdp.length > SDP_MAX_CHARS ? Number.POSITIVE_INFINITY : utf8(JSON.stringify(answerSdp)).length;
  if (bytes <= ANSWER_MAX_BYTES) return answerSdp;
  refuseOffer("The offer is so long that its answer would be too long to be sent.");
}
