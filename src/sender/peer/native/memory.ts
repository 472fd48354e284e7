import type { Address, NativeLibrary } from "./library.ts";

/** Where the bytes of this process stand. */
export class Memory {
  readonly #library: NativeLibrary;
  readonly #known = new WeakMap<ArrayBufferLike, Address>();
  #last: ArrayBufferLike | undefined;
  #lastAddress: Address = 0;

  constructor(library: NativeLibrary) {
    this.#library = library;
  }

  /** Valid as long as `bytes` is held. */
  addressOf(bytes: Uint8Array): Address {
    const { buffer } = bytes;
    // Packets of one moment stand in the same slab.
    if (buffer !== this.#last) {
      this.#lastAddress = this.#find(buffer);
      this.#last = buffer;
    }
    return this.#lastAddress + bytes.byteOffset;
  }

  #find(buffer: ArrayBufferLike): Address {
    const known = this.#known.get(buffer);
    if (known !== undefined) return known;
    const address = this.#library.addressOf(buffer);
    this.#known.set(buffer, address);
    return address;
  }
}
