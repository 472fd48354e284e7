import type { HandedStandby, StandbyTransport } from "../../protocol/standby.ts";
import type { Identity } from "./handshake.ts";
import { verifyStandbyNatively } from "./native-crypto.ts";

/** What an answer takes over from its offer: all that this sender may choose from, and nothing else. */
const SHARED =
  /^(?:[vstmc]=|a=(?:group|extmap-allow-mixed|mid|rtcp-mux|rtpmap|fmtp|rtcp-fb):?|a=extmap:\d+ \S*(?:transport-wide-cc|playout-delay|sdes:mid))/;
/** Where an answer's end of the transport is. */
const TRANSPORT = /^a=(?:ice-ufrag|ice-pwd|fingerprint):.*$/gm;
const CANDIDATE = /^a=(candidate:.*)$/gm;

/**
 * The answer that the sender will give to this offer as far as a path needs it, from what it says of the connection that
 * it has ready; `undefined` unless whoever wrote that holds the link's secret.
 */
export async function expectedAnswer(
  identity: Identity,
  offerSdp: string,
  { text, proof }: HandedStandby,
): Promise<string | undefined> {
  if (!(await verifyStandbyNatively(identity, text, proof))) return undefined;
  const { usernameFragment, password, fingerprint, candidates, ssrcs }: StandbyTransport = JSON.parse(text);
  const own = [
    `a=ice-ufrag:${usernameFragment}`,
    `a=ice-pwd:${password}`,
    "a=ice-options:trickle",
    `a=fingerprint:${fingerprint}`,
    "a=setup:active",
    "a=sendonly",
    ...candidates.map((candidate) => `a=candidate:${candidate}`),
    `a=ssrc-group:FID ${ssrcs.join(" ")}`,
    ...ssrcs.map((ssrc) => `a=ssrc:${ssrc} cname:sightline`),
  ];
  const lines = offerSdp.split(/\r?\n/).filter((line) => SHARED.test(line));
  return `${[lines[0], "o=- 0 0 IN IP4 0.0.0.0", ...lines.slice(1), ...own].join("\r\n")}\r\n`;
}

/** Whether two answers name one end of one transport. */
export function isSameEnd(a: string, b: string): boolean {
  const end = (sdp: string) =>
    (sdp.match(TRANSPORT) ?? [])
      .map((line) => line.trim().toLowerCase())
      .sort()
      .join();
  return end(a) === end(b);
}

/** The candidate lines of an answer. */
export function candidatesIn(sdp: string): string[] {
  return Array.from(sdp.matchAll(CANDIDATE), ([, candidate = ""]) => candidate.trim());
}
