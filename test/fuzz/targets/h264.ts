import { isForDecoder, splitAnnexB } from "../../../src/sender/encode/h264.ts";
import { PAYLOAD_MAX_BYTES, packetize } from "../../../src/sender/peer/packetizer.ts";
import { depacketize } from "../../sender/support/depacketize.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

/** What a decoder takes as one NAL unit: RTP gives 24 and above, and 0, meanings of its own (RFC 6184 section 5.2). */
const PACKETIZED_TYPES = { from: 1, to: 23 };

/** H.264 as a camera or an encoder gives it, which may be another machine's. */
export default {
  maxBytes: 8_192,
  words: ["\0\0\u0001", "\0\0\0\u0001", "\0\0\u0003", "\u0067", "\u0065", "\u0041", "\u0009"],
  quickInputs: 3_000,
  covers: ["/src/sender/encode/", "/src/sender/peer/packetizer"],
  run(input) {
    const nals = splitAnnexB(input);
    must(
      nals.every((nal) => nal.length > 0 && nal.at(-1) !== 0),
      "a NAL unit ends where its bytes do",
    );
    must(nals.reduce((sum, nal) => sum + nal.length, 0) <= input.length, "nothing is made up");
    must(
      nals.every((nal) => !nal.includes("\0\0\u0001", 0, "latin1")),
      "no start code is left within",
    );
    const sent = nals.filter(isForDecoder);
    const payloads = packetize(sent);
    must(
      payloads.every(({ length }) => length > 0 && length <= PAYLOAD_MAX_BYTES),
      "payloads fit into a packet",
    );
    const plain = sent.every(({ 0: header = 0 }) => isWithin(header & 0x1f) && (header & 0x80) === 0);
    if (!plain) return;
    const received = depacketize(payloads);
    must(received.length === sent.length, "as many NAL units arrive as were sent");
    must(
      received.every((nal, i) => nal.equals(sent[i] as Buffer)),
      "what arrives is what was sent",
    );
  },
} satisfies FuzzTarget;

function isWithin(type: number): boolean {
  return type >= PACKETIZED_TYPES.from && type <= PACKETIZED_TYPES.to;
}
