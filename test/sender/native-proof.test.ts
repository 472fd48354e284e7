import { describe, expect, it } from "vitest";
import { hashSdp, makeProof } from "../../src/protocol/proof.ts";
import { hashSdpNatively, makeProofNatively, verifyProofNatively } from "../../src/sender/native-proof.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const INPUT = { sessionId: "front-door", viewerId: "", role: "viewer", type: "standby" } as const;

describe("a proof by Node's own hash", () => {
  it.each([
    ["a plain text", "v=0\r\ns=-\r\n"],
    ["none", ""],
    ["letters beyond ASCII", "s=Küche 摄像头 🤖\r\n"],
    ["half of a surrogate pair", "s=\ud83e\r\n"],
    ["a long text", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n".repeat(200)],
  ])("is the protocol's, over %s", (_, sdp) => {
    expect(hashSdpNatively(sdp)).toBe(hashSdp(sdp));
    const proof = makeProofNatively(KEY, { ...INPUT, sdpHash: hashSdpNatively(sdp) });
    expect(proof).toBe(makeProof(KEY, { ...INPUT, sdp }));
  });

  const input = { ...INPUT, sdpHash: hashSdpNatively("v=0") };
  const proof = makeProofNatively(KEY, input);
  it("holds for what it was made over, and the key that made it", () => {
    expect(verifyProofNatively(KEY, input, proof)).toBe(true);
    expect(verifyProofNatively(KEY.toReversed(), input, proof)).toBe(false);
    expect(verifyProofNatively(KEY, { ...input, role: "operator" }, proof)).toBe(false);
  });

  it.each([
    ["none", undefined],
    ["an empty one", ""],
    ["its beginning", proof.slice(0, -4)],
    ["more than it", `${proof}AAAA`],
    ["no base64url", `${proof.slice(0, -1)}!`],
    ["padding", `${proof}=`],
  ])("is not %s", (_, given) => {
    expect(verifyProofNatively(KEY, input, given)).toBe(false);
  });
});
