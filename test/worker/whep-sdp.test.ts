import { describe, expect, it } from "vitest";
import { CANDIDATE_MAX_CHARS, CANDIDATES_MAX, MID_MAX_CHARS } from "../../src/protocol/limits.ts";
import { accepts, mediaTypeOf } from "../../src/worker/media-type.ts";
import { iceLinks } from "../../src/worker/routes/whep-links.ts";
import { parseFragment } from "../../src/worker/sdp/fragment.ts";
import { iceTag, iceTagOfOffer } from "../../src/worker/sdp/ice-tag.ts";
import { ifMatchHolds } from "../../src/worker/session/etag.ts";
import { CANDIDATE_LINE, fragment, PASSWORD, PLAYER_OFFER, UFRAG } from "./support/whep.ts";

const OWN = iceTag(UFRAG, PASSWORD);

describe("the ICE session of an offer", () => {
  it.each([
    ["is that of its first section with credentials", PLAYER_OFFER],
    ["may be given for the whole session", `v=0\na=ice-ufrag:${UFRAG}\na=ice-pwd:${PASSWORD}\nm=video 9 RTP/AVP 96\n`],
  ])("%s", (_name, sdp) => {
    expect(iceTagOfOffer(sdp)).toBe(OWN);
  });

  it("differs by either credential", () => {
    expect(iceTag("other", PASSWORD)).not.toBe(OWN);
    expect(iceTag(UFRAG, "other")).not.toBe(OWN);
  });
});

it("has a bounded number of sections: reading takes their product with the lines above them", () => {
  const body = (sections: number) => `v=0\na=ice-ufrag:u\na=ice-pwd:p\n${"m=video 9 RTP/AVP 96\n".repeat(sections)}`;
  expect(iceTagOfOffer(body(31))).toMatch(/^[\w-]{22}$/);
  for (const read of [iceTagOfOffer, parseFragment]) expect(() => read(body(32))).toThrow(/SDP|fragment/);
});

describe("an ICE fragment", () => {
  it("names its ICE session and its candidates with their section", () => {
    const candidates = [{ candidate: CANDIDATE_LINE, sdpMid: "0" }, { candidate: null }];
    const body = fragment([`a=${CANDIDATE_LINE}`, "a=end-of-candidates"]);
    expect(parseFragment(body)).toEqual({ tags: [OWN], candidates });
    expect(parseFragment(body.replaceAll("\r\n", "\n"))).toEqual({ tags: [OWN], candidates });
  });

  it("may have credentials in its sections, several sections, and none", () => {
    const text = [
      "m=audio 9 RTP/AVP 0",
      "a=mid:a",
      "a=ice-ufrag:x",
      "a=ice-pwd:y",
      `a=${CANDIDATE_LINE}`,
      "m=video 9 RTP/AVP 0",
      `a=ice-ufrag:${UFRAG}`,
      `a=ice-pwd:${PASSWORD}`,
      `a=${CANDIDATE_LINE}`,
    ].join("\r\n");
    expect(parseFragment(text)).toEqual({
      tags: [iceTag("x", "y"), OWN],
      candidates: [
        { candidate: CANDIDATE_LINE, sdpMid: "a" },
        { candidate: CANDIDATE_LINE, sdpMLineIndex: 1 },
      ],
    });
    const bare = { tags: [], candidates: [{ candidate: CANDIDATE_LINE, sdpMLineIndex: 0 }] };
    expect(parseFragment(`a=${CANDIDATE_LINE}`)).toEqual(bare);
  });

  it("may name its section by a UUID", () => {
    const sdpMid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    const text = fragment([`a=${CANDIDATE_LINE}`]).replace("a=mid:0", `a=mid:${sdpMid}`);
    expect(parseFragment(text).candidates).toEqual([{ candidate: CANDIDATE_LINE, sdpMid }]);
  });

  it.each([
    ["is empty", ""],
    ["is no SDP", "candidates please"],
    ["has a line that is none", `a=${CANDIDATE_LINE}\r\nhello`],
    ["says nothing", "m=audio 9 RTP/AVP 0\r\na=mid:0"],
    ["has half its credentials", `a=ice-ufrag:x\r\na=${CANDIDATE_LINE}`],
    ["has half its credentials in a section", `m=audio 9 RTP/AVP 0\r\na=ice-pwd:x\r\na=${CANDIDATE_LINE}`],
    ["has a candidate that is too long", `a=candidate:${"x".repeat(CANDIDATE_MAX_CHARS)}`],
    [
      "has a mid that is too long",
      fragment([`a=${CANDIDATE_LINE}`]).replace("a=mid:0", `a=mid:${"0".repeat(MID_MAX_CHARS + 1)}`),
    ],
  ])("is refused when it %s", (_name, text) => {
    expect(() => parseFragment(text)).toThrow(expect.objectContaining({ code: "bad-request" }));
  });

  it("is refused with too many candidates", () => {
    const lines = Array.from({ length: CANDIDATES_MAX + 1 }, () => `a=${CANDIDATE_LINE}`);
    expect(() => parseFragment(fragment(lines))).toThrow(expect.objectContaining({ code: "rate-limited" }));
  });
});

describe("If-Match", () => {
  it.each([
    ["*", true],
    ['"a"', true],
    ['"b", "a"', true],
    ['W/"a"', false],
    ['"b"', false],
    ["a", false],
    ["", false],
  ])("%s", (header, holds) => {
    expect(ifMatchHolds(header, "a")).toBe(holds);
  });
});

describe("Accept", () => {
  it.each([
    [null, true],
    ["", true],
    ["*/*", true],
    ["text/html, */*;q=0.1", true],
    ["APPLICATION/*", true],
    ["application/sdp", true],
    ["application/sdp;q=0, */*", false],
    ["application/*;q=0, */*", false],
    ["application/json", false],
  ])("%s", (header, accepted) => {
    expect(accepts(header, "application/sdp")).toBe(accepted);
  });

  it("goes with a media type without its parameters", () => {
    expect(mediaTypeOf("Application/SDP; charset=utf-8")).toBe("application/sdp");
    expect(mediaTypeOf(null)).toBeUndefined();
  });
});

describe("ICE servers as links", () => {
  it("come one for each URL, with the login quoted", () => {
    const turn = { urls: ["turn:a.example?transport=udp", "turns:a.example"], username: 'u"\\', credential: "p" };
    const login = 'rel="ice-server"; username="u\\"\\\\"; credential="p"; credential-type="password"';
    expect(iceLinks([{ urls: ["stun:s.example"] }, turn])).toEqual([
      '<stun:s.example>; rel="ice-server"',
      `<turn:a.example?transport=udp>; ${login}`,
      `<turns:a.example>; ${login}`,
    ]);
  });

  it("leave out what would break out of the header", () => {
    expect(iceLinks([{ urls: ["turn:a.example"], username: "ü", credential: "p" }])).toEqual([]);
    expect(iceLinks([{ urls: ["turn:a.example"], username: "u\r\nX: y", credential: "p" }])).toEqual([]);
    expect(iceLinks([{ urls: ["turn:a>b"] }])).toEqual([]);
  });
});
