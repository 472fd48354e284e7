import * as v from "valibot";
import { SightlineError } from "../../../src/protocol/errors.ts";
import { CANDIDATES_MAX, SDP_MAX_CHARS } from "../../../src/protocol/limits.ts";
import { ViewerCandidate } from "../../../src/protocol/messages.ts";
import { parseFragment } from "../../../src/worker/sdp/fragment.ts";
import { iceTagOfOffer } from "../../../src/worker/sdp/ice-tag.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

/** What WHEP players send: offers, of which the edge reads the ICE credentials, and trickled fragments. */
export default {
  maxBytes: SDP_MAX_CHARS,
  words: [
    "v=0\r\n",
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
    "m=\n",
    "a=ice-ufrag:",
    "a=ice-pwd:",
    "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n",
    "a=end-of-candidates\r\n",
    "a=mid:0\r\n",
    "\r",
    "\n",
    "a=\n",
  ],
  quickInputs: 2_000,
  covers: ["/src/worker/sdp/"],
  run(input) {
    const text = input.toString();
    const fragment = refusing(() => parseFragment(text));
    must(!fragment || fragment.candidates.length <= CANDIDATES_MAX + 1, "candidates are bounded");
    for (const candidate of fragment?.candidates ?? []) {
      must(
        v.is(ViewerCandidate, { type: "candidate", connection: 0, ...candidate }),
        "a trickled candidate fits the message that carries it",
      );
    }
    const tag = refusing(() => iceTagOfOffer(text));
    must(tag === undefined || /^[\w-]{22}$/.test(tag), "a tag can stand in an ETag");
  },
} satisfies FuzzTarget;

function refusing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SightlineError) return undefined;
    throw error;
  }
}
