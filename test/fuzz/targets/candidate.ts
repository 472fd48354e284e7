import { isIP } from "node:net";
import { candidateFromSdp } from "werift";
import { toWerift } from "../../../src/sender/peer/candidates.ts";
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
    const given = toWerift({ candidate: input.toString(), sdpMid: null, sdpMLineIndex: null });
    if (!given) return;
    const { candidate = "" } = given;
    must(!/[\r\n]/.test(candidate), "a candidate is one line");
    const { ip, port } = read(candidate);
    must(isIP(ip) !== 0 || /^[\w-]{1,64}\.local$/.test(ip), "no name is looked up for a viewer but mDNS's");
    must(Number.isInteger(port) && port >= 0 && port < 65_536, "a port is a port");
  },
} satisfies FuzzTarget;

function read(candidate: string): { ip: string; port: number } {
  return candidateFromSdp(candidate.slice("candidate:".length));
}
