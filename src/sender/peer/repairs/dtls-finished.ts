import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { DTLS_ALERT, DtlsRefusal } from "./dtls-alert.ts";
import type { DtlsRole } from "./dtls-message-order.ts";

const VERIFY_DATA_BYTES = 12;

/**
 * What an end's Finished must say (RFC 5246 7.4.9). Both suites that werift offers use SHA-256, so that one round of
 * the PRF (RFC 5246 5) gives more than the 12 bytes.
 */
export function verifyData(masterSecret: Buffer, transcript: Buffer, sender: DtlsRole): Buffer {
  const hash = createHash("sha256").update(transcript).digest();
  const seed = Buffer.concat([Buffer.from(`${sender} finished`, "ascii"), hash]);
  const a1 = createHmac("sha256", masterSecret).update(seed).digest();
  return createHmac("sha256", masterSecret).update(a1).update(seed).digest().subarray(0, VERIFY_DATA_BYTES);
}

/**
 * Checks that both ends saw the same handshake: werift 0.25.2 takes any Finished.
 * @param transcript every message before this one, each as one fragment
 * @param sender whose Finished it is
 * @throws DtlsRefusal
 */
export function requireFinished(masterSecret: Buffer, transcript: Buffer, sender: DtlsRole, body: Buffer): void {
  const expected = verifyData(masterSecret, transcript, sender);
  if (body.length !== expected.length || !timingSafeEqual(body, expected))
    throw new DtlsRefusal(
      DTLS_ALERT.decryptError,
      "The peer's DTLS Finished does not match this handshake: somebody may have changed it on the way.",
    );
}
