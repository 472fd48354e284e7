import type { KeyObject } from "node:crypto";
import { DTLS_ALERT, DtlsRefusal } from "./dtls-alert.ts";
import { requireSignature } from "./dtls-certificate.ts";

/** Curve type, named curve and the length of the point (RFC 8422 5.4). */
const PARAMS_HEADER_BYTES = 4;

/**
 * Checks that the server signed the key it offers (RFC 8422 5.4), which proves that it holds its certificate's key:
 * werift 0.25.2, as client, never looks.
 * @param key of its certificate
 * @param randoms the client's and then the server's, 32 bytes each
 * @throws DtlsRefusal
 */
export function requireSignedKey(key: KeyObject, randoms: Buffer, body: Buffer): void {
  const paramsLength = body.length < PARAMS_HEADER_BYTES ? 0 : PARAMS_HEADER_BYTES + body.readUInt8(3);
  if (paramsLength === 0 || paramsLength > body.length)
    throw new DtlsRefusal(DTLS_ALERT.decodeError, "The peer's DTLS key exchange cannot be read.");
  requireSignature(key, Buffer.concat([randoms, body.subarray(0, paramsLength)]), body.subarray(paramsLength));
}
