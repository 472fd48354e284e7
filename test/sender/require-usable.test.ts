import { describe, expect, it } from "vitest";
import { SightlineError } from "../../src/protocol/errors.ts";
import { CANDIDATES_MAX } from "../../src/protocol/limits.ts";
import { refusalOf } from "../../src/sender/peer/offer-refusal.ts";
import { requireUsable } from "../../src/sender/peer/require-usable.ts";

const sdp = (...lines: string[]) => ["v=0", "s=-", "t=0 0", ...lines].map((line) => `${line}\r\n`).join("");
const AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2"];
const H264 = ["a=rtpmap:102 H264/90000", "a=fmtp:102 packetization-mode=1"];
const VIDEO = ["m=video 9 UDP/TLS/RTP/SAVPF 96 102", "a=rtpmap:96 VP8/90000", ...H264];
const NO_VIDEO = "The offer has no video section: add a recvonly video transceiver before createOffer.";
const NO_H264 = "The offer takes no H.264, the one codec that Sightline sends.";

it.each([
  ["has video beside other things", sdp(...AUDIO, ...VIDEO)],
  ["writes the codec's name in its own way", sdp(...VIDEO).replace("H264", "h264")],
  [
    "takes H.264 in one of two video sections",
    sdp("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000", ...VIDEO),
  ],
  ["ends its lines as text files do", sdp(...VIDEO).replaceAll("\r\n", "\n")],
])("an offer is usable that %s", (_, offer) => {
  expect(() => requireUsable(offer)).not.toThrow();
});

it.each([
  ["has no media", sdp(), NO_VIDEO],
  ["has audio alone", sdp(...AUDIO), NO_VIDEO],
  ["has a video section that is stopped", sdp(...AUDIO, "m=video 0 UDP/TLS/RTP/SAVPF 102", ...H264), NO_VIDEO],
  ["is no SDP", "hello m=video 9", NO_VIDEO],
  ["takes VP8 alone", sdp("m=video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000"), NO_H264],
  ["names H.264 outside its video", sdp(...H264, "m=video 9 UDP/TLS/RTP/SAVPF 96", ...AUDIO, ...H264), NO_H264],
  ["has nine media sections", sdp(...Array(9).fill(VIDEO).flat()), /9 media sections, of which 8/],
  [
    "has too many candidates",
    sdp(...VIDEO, ...Array(CANDIDATES_MAX + 1).fill("a=candidate:1 1 udp 1 192.0.2.1 9 typ host")),
    /more than the 128 candidates/,
  ],
])("an offer is refused, as its maker's fault, that %s", (_, offer, message) => {
  const refuse = () => requireUsable(offer);
  expect(refuse).toThrow(SightlineError);
  expect(refuse).toThrow(message);
  expect(refuse).toThrow(expect.objectContaining({ code: "bad-request", status: 400 }));
});

describe("what is told of an error to who offered", () => {
  it("is its own sentence where it is a refusal", () => {
    const refusal = { code: "bad-request", message: "The offer is odd." } as const;
    expect(refusalOf(new SightlineError(refusal.code, refusal.message))).toEqual(refusal);
  });

  it.each([new Error("open /home/ann/key.pem"), "text", undefined])(
    "is nothing where nobody expected it: %s",
    (error) => {
      expect(refusalOf(error)).toBeUndefined();
    },
  );
});
