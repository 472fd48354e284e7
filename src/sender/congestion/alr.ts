/** A source that uses less than this of its rate is limited by itself, not by the link. */
const USED = 0.65;
const WINDOW_MS = 500;
/** Shares of the unused budget at which the state begins and ends. */
const BEGIN = 0.8;
const END = 0.5;

/** Application-limited detection: a budget that fills at 65 % of the target and that each packet takes from. */
export class ApplicationLimit {
  #budgetBits = 0;
  #updatedAtMs: number | undefined;
  #limited = false;

  get limited(): boolean {
    return this.#limited;
  }

  /** To be called for each packet, and with 0 bytes as time passes. */
  update(bytes: number, targetBps: number, nowMs: number): void {
    const capBits = (USED * targetBps * WINDOW_MS) / 1_000;
    const elapsedMs = nowMs - (this.#updatedAtMs ?? nowMs);
    this.#updatedAtMs = nowMs;
    const filledBits = this.#budgetBits + (USED * targetBps * elapsedMs) / 1_000;
    this.#budgetBits = Math.min(Math.max(Math.min(filledBits, capBits) - bytes * 8, -capBits), capBits);
    const unused = this.#budgetBits / capBits;
    if (unused > BEGIN) this.#limited = true;
    else if (unused < END) this.#limited = false;
  }
}
