import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import { requireAsWerift } from "./werifts-own.ts";

const KEY_BYTES = 32;
/** All of PKCS #8 and SubjectPublicKeyInfo but the key itself (RFC 8410 7 and 4). */
const PRIVATE_PREFIX = Buffer.from("302e020100300506032b656e04220420", "hex");
const PUBLIC_PREFIX = Buffer.from("302a300506032b656e032100", "hex");

/** What werift 0.25.2 uses of tweetnacl. */
export interface X25519Library {
  box: { keyPair(): { publicKey: Uint8Array; secretKey: Uint8Array } };
  scalarMult(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
}

/**
 * werift 0.25.2 multiplies on Curve25519 in JavaScript, twice for a handshake and for each time longer than OpenSSL takes
 * for both: while the viewer waits, and slower still before it is compiled. With this OpenSSL does it, which also refuses
 * a public key that would make the secret known (RFC 7748 6.1). For the whole thread; again is harmless.
 */
export function multiplyNatively(): void {
  const library = weriftsLibrary();
  if (typeof library.box?.keyPair !== "function" || typeof library.scalarMult !== "function")
    throw new Error("this werift computes X25519 elsewhere: see multiplyNatively");
  library.box.keyPair = keyPair;
  library.scalarMult = scalarMult;
}

/** The very instance that werift has. */
export function weriftsLibrary(): X25519Library {
  return requireAsWerift("tweetnacl") as X25519Library;
}

/** Of those that were made here, by the memory of their bytes: OpenSSL need not read them again. */
const privateKeys = new WeakMap<ArrayBufferLike, KeyObject>();

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("x25519");
  const secretKey = ownBytes(privateKey.export({ type: "pkcs8", format: "der" }));
  privateKeys.set(secretKey.buffer, privateKey);
  return { publicKey: ownBytes(publicKey.export({ type: "spki", format: "der" })), secretKey };
}

/** In a buffer of their own, for werift takes the whole of it. */
function ownBytes(der: Buffer): Uint8Array {
  return Uint8Array.from(der.subarray(-KEY_BYTES));
}

/** @throws when a key is none, or of those that make the result zero */
function scalarMult(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (secretKey.length !== KEY_BYTES || publicKey.length !== KEY_BYTES) throw new Error("An X25519 key has 32 bytes.");
  const publicDer = Buffer.concat([PUBLIC_PREFIX, publicKey]);
  return diffieHellman({
    privateKey: privateKeys.get(secretKey.buffer) ?? read(secretKey),
    publicKey: createPublicKey({ key: publicDer, format: "der", type: "spki" }),
  });
}

function read(secretKey: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, secretKey]), format: "der", type: "pkcs8" });
}
