import { expect, it } from "vitest";
import { withBundledPorts, withoutStrayFormats } from "../../src/sender/peer/offer.ts";

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
