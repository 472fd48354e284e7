import type { DtlsInternals } from "./dtls-werift.ts";

/**
 * After its Finished werift 0.25.2 counts encrypted records from 0 again, so that one of the first data records has the
 * number, and so the AES-GCM nonce, of the Finished: that gives away the authentication key (RFC 5288 3), and the peer
 * drops the record as a replay. From the first encrypted record on, the count here only goes up.
 */
export function keepRecordNumbersRising(socket: DtlsInternals): void {
  const { dtls } = socket;
  let last = dtls.recordSequenceNumber;
  Object.defineProperty(dtls, "recordSequenceNumber", {
    configurable: true,
    enumerable: true,
    get: () => last,
    set(next: number) {
      last = dtls.epoch > 0 ? Math.max(last, next) : next;
    },
  });
}
