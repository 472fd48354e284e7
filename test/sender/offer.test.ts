import { describe, expect, it } from "vitest";
import { MESSAGE_MAX_BYTES, SDP_MAX_CHARS } from "../../src/protocol/limits.ts";
import {
  requireFitting,
  withBundledPorts,
  withoutOtherModes,
  withoutStrayFormats,
} from "../../src/sender/peer/offer.ts";

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

it("a section that is bundled with another has that one's port, and one that is not offered none", () => {
  const offer = lines(
    "v=0",
    "m=audio 9 UDP/TLS/RTP/SAVPF 97",
    "m=video 0 UDP/TLS/RTP/SAVPF 102",
    "a=mid:1",
    "a=bundle-only",
    "m=video 0 UDP/TLS/RTP/SAVPF 102",
    "a=mid:2",
    "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    "a=bundle-only",
  );
  expect(withBundledPorts(offer).match(/^m=\w+ \d+/gm)).toEqual([
    "m=audio 9",
    "m=video 9",
    "m=video 0",
    "m=application 9",
  ]);
  expect(withBundledPorts(offer).replaceAll(" 9 ", " 0 ")).toBe(offer.replaceAll(" 9 ", " 0 "));
});

describe("H.264 that is not of packetization-mode 1", () => {
  const video = (types: string, ...attributes: string[]) =>
    lines("v=0", `m=video 9 UDP/TLS/RTP/SAVPF ${types}`, ...attributes);

  it("is left out, and what repairs it, and nothing else", () => {
    const vp8 = ["a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=rtcp-fb:96 nack"];
    const mode1 = [
      "a=rtpmap:103 h264/90000",
      "a=fmtp:103 profile-level-id=42e01f; packetization-mode=1",
      "a=rtpmap:104 rtx/90000",
      "a=fmtp:104 rtx-time=2000;apt=103",
    ];
    const others = [
      "a=rtpmap:102 H264/90000",
      "a=fmtp:102 packetization-mode=0;profile-level-id=42e01f",
      "a=rtcp-fb:102 nack pli",
      "a=rtpmap:105 rtx/90000",
      "a=fmtp:105 apt=102",
      "a=rtpmap:106 H264/90000",
      "a=fmtp:106 profile-level-id=42e01f",
      "a=rtpmap:107 H264/90000",
    ];
    const audio = ["m=audio 9 UDP/TLS/RTP/SAVPF 102", "a=rtpmap:102 opus/48000/2"];
    expect(withoutOtherModes(video("102 96 97 105 103 104 106 107", ...others, ...vp8, ...mode1, ...audio))).toBe(
      video("96 97 103 104", ...vp8, ...mode1, ...audio),
    );
  });

  it("stays where it is named without parameters, and none is named with them", () => {
    const bare = video("96", "a=rtpmap:96 H264/90000");
    expect(withoutOtherModes(bare)).toBe(bare);
  });

  it.each(["packetization-mode=0", "profile-level-id=42e01f", "packetization-mode=10", "x-packetization-mode=1"])(
    "is refused where there is no other: %s",
    (parameters) => {
      const offer = video("102 96", "a=rtpmap:102 H264/90000", `a=fmtp:102 ${parameters}`, "a=rtpmap:96 VP8/90000");
      expect(() => withoutOtherModes(offer)).toThrow(/packetization-mode=1/);
    },
  );

  it("is no loss in one of two sections, which then takes nothing", () => {
    const mode0 = lines("m=video 9 X 102", "a=rtpmap:102 H264/90000", "a=fmtp:102 packetization-mode=0");
    const mode1 = lines("m=video 9 X 102", "a=rtpmap:102 H264/90000", "a=fmtp:102 packetization-mode=1");
    expect(withoutOtherModes(mode0 + mode1)).toBe(lines("m=video 9 X 0") + mode1);
  });
});

it("an answer fits a message, with room for what stands beside it", () => {
  expect(requireFitting("a".repeat(SDP_MAX_CHARS))).toHaveLength(SDP_MAX_CHARS);
  for (const text of ["a".repeat(SDP_MAX_CHARS + 1), "ü".repeat(MESSAGE_MAX_BYTES / 2 - 400), '"'.repeat(40_000)]) {
    expect(() => requireFitting(text)).toThrow(/too long/);
  }
});
