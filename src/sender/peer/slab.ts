/** Free bytes before every packet, where an authentication may put its key block: see `AesCmProtector`. */
export const LEAD_BYTES = 64;

/** Packets of one frame for several viewers; larger slabs only live longer. */
const SLAB_BYTES = 64 * 1024;

/** Room for one packet: `bytes` is the whole slab, the packet begins at `at`, a multiple of four. */
export interface Room {
  bytes: Buffer;
  /** The same memory as 32-bit words. */
  words: Uint32Array;
  at: number;
}

export interface SlabMark {
  bytes: Buffer;
  used: number;
}

/**
 * Memory for packets, taken a slab at a time. A packet's room is used again only when it is given back: the socket may hold
 * on to it for as long as the kernel's queue is full, and the slab is collected when its last packet has left.
 */
export class Slab {
  #bytes = Buffer.alloc(0);
  #words = new Uint32Array(0);
  #used = 0;

  /** @param maxBytes greatest length of the packet, with what protection adds to it */
  take(maxBytes: number): Room {
    const needed = (LEAD_BYTES + maxBytes + 3) & ~3;
    if (this.#used + needed > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, needed));
      this.#words = new Uint32Array(this.#bytes.buffer);
      this.#used = 0;
    }
    const at = this.#used + LEAD_BYTES;
    this.#used += needed;
    return { bytes: this.#bytes, words: this.#words, at };
  }

  /** Where the next room begins, for {@link giveBack}. */
  get mark(): SlabMark {
    return { bytes: this.#bytes, used: this.#used };
  }

  /** Nobody needs any room that was taken since: the next ones stand there, in memory that is still at hand. */
  giveBack({ bytes, used }: SlabMark): void {
    this.#used = bytes === this.#bytes ? used : 0;
  }
}
