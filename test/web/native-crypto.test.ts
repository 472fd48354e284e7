import { afterEach, describe, expect, test, vi } from "vitest";
import { fromBase64Url, randomToken } from "../../src/protocol/bytes.ts";
import { deriveLinkKeys, makeLinkSecret } from "../../src/protocol/link.ts";
import { makeProof, verifyProof } from "../../src/protocol/proof.ts";
import { isGenuineAnswer, proofInput, proveOffer } from "../../src/web/client/handshake.ts";
import { expandNatively, proveNatively, verifyNatively } from "../../src/web/client/native-crypto.ts";

const OFFER = "v=0\r\ns=küche\r\n";
const ANSWER = "v=0\r\ns=-\r\n";
const secret = makeLinkSecret();
const keys = deriveLinkKeys("front-door", "operator", secret);
const link = { origin: "https://example.com", sessionId: "front-door", role: "operator", secret } as const;
const identity = { link, keys, viewerId: randomToken(16) };

afterEach(() => vi.unstubAllGlobals());

test("a key that could not be imported is imported by who needs it next, and by nobody after that", async () => {
  const { subtle } = crypto;
  const importKey = vi.fn(subtle.importKey.bind(subtle)).mockRejectedValueOnce(new Error("busy"));
  const { digest, sign } = subtle;
  const own = { digest: digest.bind(subtle), sign: sign.bind(subtle), importKey };
  vi.stubGlobal("crypto", { subtle: own });
  const fresh = { ...identity, keys: { ...keys, proofKey: Uint8Array.from(keys.proofKey) } };
  await expect(proveNatively(fresh, OFFER)).rejects.toThrow("busy");
  for (let i = 0; i < 3; i++) expect((await proveNatively(fresh, OFFER)).proof).toBe(proveOffer(identity, OFFER));
  expect(importKey).toHaveBeenCalledTimes(2);
});

describe.each(["with the runtime's own hash", "without"])("%s", (how) => {
  const prepare = () => {
    if (how === "without") vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    expect(crypto.subtle === undefined).toBe(how === "without");
  };

  test("keys are those of the protocol", async () => {
    prepare();
    expect(await expandNatively("front-door", "operator", fromBase64Url(secret) ?? new Uint8Array(16))).toEqual(keys);
  });

  test("so is an offer's proof, and an answer's is found genuine or not as there", async () => {
    prepare();
    const { proof, offerHash } = await proveNatively(identity, OFFER);
    expect(proof).toBe(proveOffer(identity, OFFER));
    expect(verifyProof(keys.proofKey, { ...proofInput(identity, "offer"), sdp: OFFER }, proof)).toBe(true);
    const answered = (bound: object) => ({
      sdp: ANSWER,
      proof: makeProof(keys.proofKey, { ...proofInput(identity, "answer"), sdp: ANSWER, offerHash, ...bound }),
    });
    expect(await verifyNatively(identity, offerHash, answered({}))).toBe(true);
    for (const forged of [
      answered({ offerHash: "another" }),
      answered({ type: "offer" }),
      answered({ role: "viewer" }),
      answered({ sdp: OFFER }),
      { ...answered({}), sdp: `${ANSWER} ` },
      { sdp: ANSWER, proof: "A".repeat(43) },
      { sdp: ANSWER, proof: "not base64url!" },
      { sdp: ANSWER, proof: "" },
    ]) {
      expect(await verifyNatively(identity, offerHash, forged)).toBe(false);
      expect(isGenuineAnswer(identity, OFFER, forged)).toBe(false);
    }
  });
});
