import { isIP } from "node:net";
import { candidateFromSdp } from "werift";
import { hiddenName, toWerift, withOpenCandidates } from "../../../src/sender/peer/candidates.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

/** ICE candidates that a viewer trickles, as far as they get on their way to werift. */
export default {
  maxBytes: 1_024,
  words: [
    "candidate:",
    "a=",
    "udp",
    "tcp",
    "typ",
    "host",
    "relay",
    "srflx",
    " 1 udp 1 ",
    "2001:db8::1",
    ".local",
    "raddr",
  ],
  quickInputs: 3_000,
  covers: ["/src/sender/peer/candidates", "/werift/"],
  run(input) {
    const text = input.toString();
    const inOffer = withOpenCandidates(`v=0\r\nm=video 9 X 96\r\n${text}\r\na=${text}\r\n`).split("\r\n");
    for (const line of inOffer.filter((each) => each.startsWith("a=candidate:"))) {
      must(isAddress(read(line.slice(2)).ip), "no name in an offer gets to werift");
    }
    const given = toWerift({ candidate: text, sdpMid: null, sdpMLineIndex: null });
    if (!given) return;
    const { candidate = "" } = given;
    must(!/[\r\n]/.test(candidate), "a candidate is one line");
    const { ip, port } = read(candidate);
    must(isAddress(ip) !== (hiddenName(given) !== undefined), "no name is looked up for a viewer but mDNS's");
    must(Number.isInteger(port) && port >= 0 && port < 65_536, "a port is a port");
  },
} satisfies FuzzTarget;

/** That is, what werift does not look up. */
function isAddress(host: string): boolean {
  return isIP(host) !== 0 && !host.includes(".local");
}

function read(candidate: string): { ip: string; port: number } {
  return candidateFromSdp(candidate.slice("candidate:".length));
}
