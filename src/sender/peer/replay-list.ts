/** How far behind the newest a packet may be (RFC 3711 section 3.3.2 asks for 64 at least). */
const WINDOW = 64;

/** Which packets of one stream were seen (RFC 3711 section 3.3.2). */
export class ReplayList {
  #newest = -1;
  /** Bit n: the packet n before the newest was seen. */
  #seen = 0n;

  /** Whether that packet was seen, or is too old to tell. */
  has(index: number): boolean {
    const behind = this.#newest - index;
    return behind >= WINDOW || (behind >= 0 && ((this.#seen >> BigInt(behind)) & 1n) === 1n);
  }

  /** @param index of a packet that is authentic, and that {@link has} does not know */
  add(index: number): void {
    const ahead = index - this.#newest;
    if (ahead > 0) {
      this.#seen = ahead >= WINDOW ? 1n : BigInt.asUintN(WINDOW, this.#seen << BigInt(ahead)) | 1n;
      this.#newest = index;
    } else this.#seen |= 1n << BigInt(-ahead);
  }
}
