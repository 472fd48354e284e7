import { createHash, createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { deriveLinkKeys, makeLinkSecret } from "../../src/protocol/link.ts";
import { hashSdp, makeProof, type ProofInput, verifyProof } from "../../src/protocol/proof.ts";

const KEY = Buffer.alloc(32, 7);
const OFFER: ProofInput = {
  sessionId: "front-door",
  viewerId: "AAAAAAAAAAAAAAAAAAAAAA",
  role: "viewer",
  type: "offer",
  sdp: "v=0\r\ns=küche\r\n",
};
const ANSWER: ProofInput = { ...OFFER, type: "answer", offerHash: hashSdp(OFFER.sdp) };

/** Written from docs alone: each part after its length, four bytes big-endian. */
function independentProof(key: Uint8Array, input: ProofInput): string {
  const sdpHash = createHash("sha256").update(input.sdp, "utf8").digest("base64url");
  const { sessionId, viewerId, role, type, offerHash = "" } = input;
  const parts = ["sightline sdp proof 1", sessionId, viewerId, role, type, sdpHash, offerHash];
  const bytes = parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    return [length, Buffer.from(part)];
  });
  return createHmac("sha256", key).update(Buffer.concat(bytes)).digest("base64url");
}

describe("a proof", () => {
  it.each([
    ["offer", OFFER],
    ["answer", ANSWER],
  ] as const)("of an %s is the HMAC that Node computes over the same parts", (_name, input) => {
    expect(makeProof(KEY, input)).toBe(independentProof(KEY, input));
    expect(verifyProof(KEY, input, independentProof(KEY, input))).toBe(true);
  });

  it("hashes the exact text", () => {
    expect(hashSdp(OFFER.sdp)).toBe(createHash("sha256").update(OFFER.sdp).digest("base64url"));
    expect(hashSdp("v=0\r\n")).not.toBe(hashSdp("v=0\n"));
  });

  it("never changes, or older ends would refuse newer ones", () => {
    expect(makeProof(KEY, OFFER)).toBe("zgcOHSu_7cnCtP2jGjkJP2uSD7yhavpsN2qphFlYSq8");
    expect(makeProof(KEY, ANSWER)).toBe("LWIuf2PCxBTkWZxY1RCkA65YfUSo_yr2jhvHhfsBkhY");
  });
});

describe("a proof is refused", () => {
  const changes: [string, Partial<ProofInput>][] = [
    ["for another session", { sessionId: "front-doo" }],
    ["for another viewer", { viewerId: makeViewerId() }],
    ["for another role", { role: "operator" }],
    ["as the other type", { type: "offer" }],
    ["for another SDP", { sdp: `${ANSWER.sdp}a=x\r\n` }],
    ["for an SDP with other line ends", { sdp: ANSWER.sdp.replaceAll("\r\n", "\n") }],
    ["for the answer to another offer", { offerHash: hashSdp("v=1") }],
    ["for an answer to no offer", { offerHash: undefined }],
  ];
  it.each(changes)("%s", (_name, change) => {
    const proof = makeProof(KEY, ANSWER);
    expect(verifyProof(KEY, ANSWER, proof)).toBe(true);
    expect(verifyProof(KEY, { ...ANSWER, ...change }, proof)).toBe(false);
  });

  it("with any other key", () => {
    const proof = makeProof(KEY, ANSWER);
    expect(verifyProof(randomBytes(32), ANSWER, proof)).toBe(false);
    const almost = Buffer.from(KEY);
    almost[31] = 6;
    expect(verifyProof(almost, ANSWER, proof)).toBe(false);
    const secret = makeLinkSecret();
    const [viewer, operator] = (["viewer", "operator"] as const).map((role) => deriveLinkKeys("abc", role, secret));
    expect(verifyProof(operator?.proofKey ?? KEY, OFFER, makeProof(viewer?.proofKey ?? KEY, OFFER))).toBe(false);
  });

  it.each([
    ["when it is missing", undefined],
    ["when it is empty", ""],
    ["when it is no base64url", "*".repeat(43)],
    ["when it is cut short", makeProof(KEY, ANSWER).slice(0, 42)],
    ["when it is longer", `${makeProof(KEY, ANSWER)}AA`],
    ["when it is another's", makeProof(KEY, OFFER)],
  ])("%s", (_name, proof) => {
    expect(verifyProof(KEY, ANSWER, proof)).toBe(false);
  });

  it("with any single bit flipped", () => {
    const proof = Buffer.from(makeProof(KEY, ANSWER), "base64url");
    for (let bit = 0; bit < proof.length * 8; bit++) {
      const flipped = Buffer.from(proof);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifyProof(KEY, ANSWER, flipped.toString("base64url")), `bit ${bit}`).toBe(false);
    }
  });

  // Without lengths, each of these pairs would be one and the same string of bytes.
  it.each<[string, Partial<ProofInput>, Partial<ProofInput>]>([
    ["session and viewer", { sessionId: "abcd", viewerId: "efgh" }, { sessionId: "abcde", viewerId: "fgh" }],
    ["an empty part and its neighbour", { sessionId: "", viewerId: "abc" }, { sessionId: "abc", viewerId: "" }],
    ["a length inside a part", { sessionId: "a", viewerId: "b" }, { sessionId: "a\0\0\0\u0001b", viewerId: "" }],
  ])("when text moves between %s", (_name, one, other) => {
    expect(verifyProof(KEY, { ...ANSWER, ...other }, makeProof(KEY, { ...ANSWER, ...one }))).toBe(false);
  });
});
