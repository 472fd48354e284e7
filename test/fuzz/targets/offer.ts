import * as v from "valibot";
import { AnswerFromSender, CandidateFromSender } from "../../../src/protocol/messages.ts";
import type { WireCandidate } from "../../../src/sender/peer/candidates.ts";
import { Peer } from "../../../src/sender/peer/peer.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

/** Sockets take a moment to be given back. */
const CLOSED_WITHIN_TURNS = 200;
const ANSWERED_WITHIN_MS = 5_000;
/** Traffic of a test stays on this machine. */
const FOREIGN_CANDIDATE = /^a=candidate:(?!\S+ \S+ \S+ \S+ 127\.0\.0\.1 ).*$/gm;

const TO = { viewer: "v".repeat(22), connection: 0 };

/** A viewer's offer, answered as a viewer's is. */
export default {
  maxBytes: 16_384,
  words: [
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n",
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    "a=group:BUNDLE 0 1\r\n",
    "a=rtpmap:96 H264/90000\r\n",
    "a=rtpmap:97 rtx/90000\r\n",
    "a=fmtp:97 apt=96\r\n",
    "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n",
    "a=extmap:15/sendrecv urn:x\r\n",
    "a=ssrc-group:FID 1 2\r\n",
    "a=ssrc:1 cname:x\r\n",
    "a=setup:active\r\n",
    "a=setup:actpass\r\n",
    "a=rid:a send\r\n",
    "a=sctp-port:5000\r\n",
    "a=fingerprint:sha-256 AA:BB\r\n",
    "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n",
    "a=mid:",
    "a=ice-lite\r\n",
  ],
  quickInputs: 150,
  covers: ["/src/sender/peer/", "/node_modules/werift/"],
  async run(input) {
    const sdp = input.toString().replace(FOREIGN_CANDIDATE, "a=x-candidate");
    const before = sockets();
    const told: WireCandidate[] = [];
    const peer = new Peer({
      iceServers: [],
      loopback: true,
      relayOnly: false,
      onCandidate: (candidate) => told.push(candidate),
      onState() {},
      onKeyframeRequest() {},
    });
    const timer = Promise.withResolvers<"late">();
    const deadline = setTimeout(() => timer.resolve("late"), ANSWERED_WITHIN_MS);
    const answered = await Promise.race([peer.answer(sdp, 1).catch((error: unknown) => error), timer.promise]);
    clearTimeout(deadline);
    await peer.close();
    must(answered !== "late", "an offer is answered or refused in time");
    must(typeof answered === "string" || answered instanceof Error, "an offer is refused by an error");
    if (typeof answered === "string") {
      must(v.is(AnswerFromSender, { type: "answer", ...TO, sdp: answered }), "an answer fits the wire");
      must(/^m=video .*\r\n(?:.*\r\n)*?a=(?:sendonly|inactive)\r\n/m.test(answered), "nothing is taken from a viewer");
    }
    must(
      told.every((candidate) => v.is(CandidateFromSender, { type: "candidate", ...TO, ...candidate })),
      "a candidate fits the wire",
    );
    for (let turns = 0; sockets() > before; turns++) {
      must(turns < CLOSED_WITHIN_TURNS, "a connection gives its sockets back");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
} satisfies FuzzTarget;

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /UDP|TCP/.test(name)).length;
}
