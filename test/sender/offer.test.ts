import { expect, it } from "vitest";
import { MESSAGE_MAX_BYTES, SDP_MAX_CHARS } from "../../src/protocol/limits.ts";
import { requireFitting, withoutStrayFormats } from "../../src/sender/peer/offer.ts";

const lines = (...each: string[]) => each.map((line) => `${line}\r\n`).join("");

it("parameters of payload types that an offer does not name are left out, section by section", () => {
  const offer = lines(
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 97",
    "a=fmtp:97 useinbandfec=1",
    "a=fmtp:126 stray",
    "m=video 9 UDP/TLS/RTP/SAVPF 126 127",
    "a=rtpmap:126 H264/90000",
    "a=fmtp:97 stray",
    "a=rtcp-fb:97 nack",
    "a=fmtp:127 apt=126",
    "a=rtcp-fb:* nack",
    "a=extmap:3 uri",
  );
  expect(withoutStrayFormats(offer)).toBe(
    lines(
      "v=0",
      "m=audio 9 UDP/TLS/RTP/SAVPF 97",
      "a=fmtp:97 useinbandfec=1",
      "m=video 9 UDP/TLS/RTP/SAVPF 126 127",
      "a=rtpmap:126 H264/90000",
      "a=fmtp:127 apt=126",
      "a=rtcp-fb:* nack",
      "a=extmap:3 uri",
    ),
  );
});

it("an answer fits a message, with room for what stands beside it", () => {
  expect(requireFitting("a".repeat(SDP_MAX_CHARS))).toHaveLength(SDP_MAX_CHARS);
  for (const text of ["a".repeat(SDP_MAX_CHARS + 1), "ü".repeat(MESSAGE_MAX_BYTES / 2 - 400), '"'.repeat(40_000)]) {
    expect(() => requireFitting(text)).toThrow(/too long/);
  }
});
