/** Of the estimate, while the link is tight: what is repeated there takes the place of what is new. */
const SHARE = 0.25;
const BURST_MS = 500;
/** A packet of full size, however little that is: it would never be repeated otherwise. */
const FULL_BYTES_MIN = 1_500;

/** How many bytes of retransmissions a tight link may still carry: a bucket that fills at a share of the estimate. */
export class RetransmissionBudget {
  #bytes: number | undefined;
  #updatedAtMs = 0;

  /** @returns whether so many may go; if so, they are taken */
  take(bytes: number, estimateBps: number, nowMs: number): boolean {
    const fullBytes = Math.max((SHARE * estimateBps * BURST_MS) / 8_000, FULL_BYTES_MIN);
    const filledBytes = (SHARE * estimateBps * (nowMs - this.#updatedAtMs)) / 8_000;
    this.#bytes = Math.min((this.#bytes ?? fullBytes) + filledBytes, fullBytes);
    this.#updatedAtMs = nowMs;
    if (this.#bytes < bytes) return false;
    this.#bytes -= bytes;
    return true;
  }
}
