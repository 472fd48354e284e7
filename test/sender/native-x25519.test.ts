import { expect, test, vi } from "vitest";
import { multiplyNatively, weriftsLibrary } from "../../src/sender/peer/repairs/native-x25519.ts";

const library = weriftsLibrary();
const { scalarMult } = library;
const keyPairInScript = library.box.keyPair;
multiplyNatively();

const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

test("OpenSSL's secrets are those of the library that werift brings", () => {
  expect(library.scalarMult).not.toBe(scalarMult);
  for (let round = 0; round < 20; round++) {
    const ours = library.box.keyPair();
    const theirs = keyPairInScript();
    const secret = hex(scalarMult(theirs.secretKey, ours.publicKey));
    expect(hex(library.scalarMult(ours.secretKey, theirs.publicKey))).toBe(secret);
    expect(hex(library.scalarMult(theirs.secretKey, ours.publicKey))).toBe(secret);
  }
});

test("each key has a buffer of its own, for werift takes all of it", () => {
  const { publicKey, secretKey } = library.box.keyPair();
  expect([publicKey.buffer.byteLength, secretKey.buffer.byteLength]).toEqual([32, 32]);
});

test("a public key of low order, with which the secret is known to all, is refused", () => {
  const { secretKey } = library.box.keyPair();
  expect(hex(scalarMult(secretKey, new Uint8Array(32)))).toBe("00".repeat(32));
  expect(() => library.scalarMult(secretKey, new Uint8Array(32))).toThrow();
});

test("a key of another length is refused", () => {
  const { secretKey } = library.box.keyPair();
  expect(() => library.scalarMult(secretKey, new Uint8Array(31))).toThrow("32 bytes");
});

// Fails when werift multiplies elsewhere: by what is nobody's to say then, and nothing else would notice.
test("a handshake of werift's makes its keys and its secret by them", async () => {
  const { DtlsLink, ecdsaCertificate, expectConnected } = await import("../support/dtls.ts");
  const [clientCertificate, serverCertificate] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
  const [made, multiplied] = [vi.spyOn(library.box, "keyPair"), vi.spyOn(library, "scalarMult")];
  using link = new DtlsLink({ clientCertificate, serverCertificate });
  await expectConnected(link);
  expect([made, multiplied].map(({ mock }) => mock.calls.length)).toEqual([2, 2]);
});
