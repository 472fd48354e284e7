import { type KeyObject, verify, X509Certificate } from "node:crypto";
import { DTLS_ALERT, DtlsRefusal } from "./dtls-alert.ts";

const MIN_RSA_BITS = 2_048;
const ECDSA_SHA256 = 0x0403;
const RSA_PKCS1_SHA256 = 0x0401;

/**
 * The first certificate of a Certificate message (RFC 5246 7.4.2), which is its sender's own.
 * @returns its DER bytes
 * @throws DtlsRefusal when the list is empty or malformed
 */
export function leafCertificate(body: Buffer): Buffer {
  if (body.length < 3 || body.readUIntBE(0, 3) !== body.length - 3)
    throw new DtlsRefusal(DTLS_ALERT.decodeError, "The peer's DTLS certificate message cannot be read.");
  const length = body.length < 6 ? 0 : body.readUIntBE(3, 3);
  if (length === 0) throw new DtlsRefusal(DTLS_ALERT.handshakeFailure, "The peer presented no DTLS certificate.");
  if (6 + length > body.length)
    throw new DtlsRefusal(DTLS_ALERT.decodeError, "The peer's DTLS certificate message cannot be read.");
  return body.subarray(6, 6 + length);
}

/**
 * The key that a certificate vouches for: ECDSA on P-256, or RSA of at least 2048 bits. Name, dates and issuer say
 * nothing in WebRTC, where the fingerprint in the SDP names the certificate (RFC 8827 6.5).
 * @throws DtlsRefusal for anything else
 */
export function publicKeyOf(certificate: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = new X509Certificate(certificate).publicKey;
  } catch (cause) {
    throw new DtlsRefusal(DTLS_ALERT.badCertificate, "The peer's DTLS certificate cannot be read.", { cause });
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ec" && details?.namedCurve === "prime256v1") return key;
  if (type === "rsa" && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) return key;
  throw new DtlsRefusal(
    DTLS_ALERT.unsupportedCertificate,
    `The peer's DTLS certificate has a key that is not supported (${type}); use ECDSA P-256, or RSA of ${MIN_RSA_BITS} bits or more.`,
  );
}

/**
 * Checks a digitally-signed element: algorithm, length, signature (RFC 5246 4.7).
 * @param key of the signer's certificate, see {@link publicKeyOf}
 * @param element exactly the element's bytes
 * @throws DtlsRefusal unless the holder of the certificate's key signed `data`
 */
export function requireSignature(key: KeyObject, data: Buffer, element: Buffer): void {
  if (element.length < 4 || element.readUInt16BE(2) !== element.length - 4)
    throw new DtlsRefusal(DTLS_ALERT.decodeError, "The peer's DTLS signature cannot be read.");
  const scheme = key.asymmetricKeyType === "ec" ? ECDSA_SHA256 : RSA_PKCS1_SHA256;
  if (element.readUInt16BE(0) !== scheme || !verify("sha256", data, key, element.subarray(4)))
    throw new DtlsRefusal(
      DTLS_ALERT.decryptError,
      "The peer presented a DTLS certificate without proof that it holds its key: somebody may be in the middle.",
    );
}
