import { equalBytes, fromBase64Url, toBase64Url, utf8 } from "../../protocol/bytes.ts";
import type { Role } from "../../protocol/ids.ts";
import { expandLinkSecret, keyInfos, type LinkKeys } from "../../protocol/link-keys.ts";
import { hashSdp, makeProof, type ProofInput, proofMessage, verifyProof } from "../../protocol/proof.ts";
import { type Identity, proofInput } from "./handshake.ts";

/**
 * Keys and proofs by the browser's own hash where the page may use it: over https and on localhost. In a page that has
 * just begun script is not compiled yet, and takes twelve milliseconds for what this does in one.
 */
function native(): SubtleCrypto | undefined {
  return crypto.subtle;
}

/** {@link expandLinkSecret}. */
export async function expandNatively(
  sessionId: string,
  role: Role,
  secret: Uint8Array<ArrayBuffer>,
): Promise<LinkKeys> {
  const subtle = native();
  if (!subtle) return expandLinkSecret(sessionId, role, secret);
  const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const salt = utf8(sessionId);
  const infos = keyInfos(role);
  const derive = async (info: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, 256));
  const [joinToken, proofKey] = await Promise.all([derive(infos.joinToken), derive(infos.proofKey)]);
  // Whoever needs it hears of its failure.
  importedProofKey(proofKey, subtle).catch(() => {});
  return { role, joinToken: toBase64Url(joinToken), proofKey };
}

/** An offer's proof, and its hash for the proof of the answer. */
export async function proveNatively(identity: Identity, sdp: string): Promise<{ proof: string; offerHash: string }> {
  const input = proofInput(identity, "offer");
  const { proofKey } = identity.keys;
  const subtle = native();
  if (!subtle) return { proof: makeProof(proofKey, { ...input, sdp }), offerHash: hashSdp(sdp) };
  const sdpHash = await hash(sdp, subtle);
  return { proof: toBase64Url(await mac(proofKey, proofMessage({ ...input, sdpHash }), subtle)), offerHash: sdpHash };
}

/** True when whoever wrote the answer holds the link's secret and answered the offer with this hash. */
export async function verifyNatively(
  identity: Identity,
  offerHash: string,
  { sdp, proof }: { sdp: string; proof: string },
): Promise<boolean> {
  return verify(identity, { ...proofInput(identity, "answer"), offerHash, sdp }, proof);
}

/** True when whoever wrote what a standby is holds the link's secret. */
export async function verifyStandbyNatively(identity: Identity, text: string, proof: string): Promise<boolean> {
  const { sessionId, role } = identity.link;
  return verify(identity, { sessionId, viewerId: "", role, type: "standby", sdp: text }, proof);
}

async function verify({ keys }: Identity, input: ProofInput, proof: string): Promise<boolean> {
  const subtle = native();
  if (!subtle) return verifyProof(keys.proofKey, input, proof);
  const given = fromBase64Url(proof);
  const { sdp, ...rest } = input;
  const due = await mac(keys.proofKey, proofMessage({ ...rest, sdpHash: await hash(sdp, subtle) }), subtle);
  return given !== undefined && equalBytes(due, given);
}

async function hash(sdp: string, subtle: SubtleCrypto): Promise<string> {
  return toBase64Url(new Uint8Array(await subtle.digest("SHA-256", utf8(sdp))));
}

/** Each of the browser's answers takes a thread and a turn: a key is imported once, while its page does something else. */
const imported = new WeakMap<Uint8Array, Promise<CryptoKey>>();

function importedProofKey(key: Uint8Array, subtle: SubtleCrypto): Promise<CryptoKey> {
  const known = imported.get(key);
  if (known) return known;
  const importing = subtle.importKey("raw", new Uint8Array(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  imported.set(key, importing);
  importing.catch(() => imported.delete(key));
  return importing;
}

async function mac(key: Uint8Array, message: Uint8Array<ArrayBuffer>, subtle: SubtleCrypto): Promise<Uint8Array> {
  return new Uint8Array(await subtle.sign("HMAC", await importedProofKey(key, subtle), message));
}
