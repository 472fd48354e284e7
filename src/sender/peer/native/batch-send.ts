import type { Address, NativeLibrary } from "./library.ts";
import { Memory } from "./memory.ts";
import { onePerThread } from "./one-per-thread.ts";
import { endOfRun } from "./segments.ts";

/** Of Linux: <sys/socket.h>, <linux/udp.h>. */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;

/** One memory for what a call is told: struct msghdr, struct cmsghdr with its u16, struct iovec for each datagram. */
const CONTROL = 56;
const CONTROL_BYTES = 24;
const CONTROL_LENGTH = 18;
const VECTORS = 128;
const VECTOR_BYTES = 16;
const VECTORS_MAX = 64;

/** What a socket must be asked for no more once it was refused: the kernel, the interface or its MTU will not have it. */
const NEVER = { EIO: 5, EINVAL: 22, EMSGSIZE: 90, ENOPROTOOPT: 92, EOPNOTSUPP: 95 };

export interface BatchTarget {
  /** Open, and its caller's. */
  descriptor: number;
  /** struct sockaddr. */
  address: Buffer;
}

export interface BatchOutcome {
  /** How many datagrams left, of the first ones. */
  taken: number;
  /** It will not do on this socket: not even later. */
  refused: boolean;
}

/** Sends the datagrams of one picture to one viewer with one system call, or few: UDP segmentation, Linux 4.18 and later. */
export class BatchSend {
  readonly #library: NativeLibrary;
  readonly #memory: Memory;
  readonly #words = new Uint32Array(new ArrayBuffer(VECTORS + VECTORS_MAX * VECTOR_BYTES));
  readonly #message: Address;
  #known: boolean | undefined;

  constructor(library: NativeLibrary) {
    this.#library = library;
    this.#memory = new Memory(library);
    this.#message = library.addressOf(this.#words.buffer);
    this.#setAddress(16, this.#message + VECTORS);
    this.#setAddress(CONTROL, CONTROL_LENGTH);
    this.#setWord(CONTROL + 8, SOL_UDP);
    this.#setWord(CONTROL + 12, UDP_SEGMENT);
  }

  send({ descriptor, address }: BatchTarget, datagrams: readonly Buffer[]): BatchOutcome {
    this.#known ??= this.#isKnown(descriptor);
    if (!this.#known) return { taken: 0, refused: true };
    this.#setAddress(0, this.#memory.addressOf(address));
    this.#setWord(8, address.length);
    for (let from = 0; from < datagrams.length; ) {
      const to = endOfRun(datagrams, from);
      this.#describe(datagrams, from, to);
      if (this.#library.sendmsg(descriptor, this.#message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        return { taken: from, refused: Object.values(NEVER).includes(this.#library.errno()) };
      }
      from = to;
    }
    return { taken: datagrams.length, refused: false };
  }

  /** A system that knows nothing of segments might send all of them as one: it is asked before, to change nothing. */
  #isKnown(descriptor: number): boolean {
    this.#setWord(CONTROL + 16, 0);
    return this.#library.setsockopt(descriptor, SOL_UDP, UDP_SEGMENT, this.#message + CONTROL + 16, 4) === 0;
  }

  #describe(datagrams: readonly Buffer[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const datagram = datagrams[i] as Buffer;
      const at = VECTORS + (i - from) * VECTOR_BYTES;
      this.#setAddress(at, this.#memory.addressOf(datagram));
      this.#setAddress(at + 8, datagram.length);
    }
    this.#setAddress(24, to - from);
    const segmented = to - from > 1;
    this.#setAddress(32, segmented ? this.#message + CONTROL : 0);
    this.#setAddress(40, segmented ? CONTROL_BYTES : 0);
    this.#setWord(CONTROL + 16, (datagrams[from] as Buffer).length);
  }

  /** Or any other number of 64 bits. */
  #setAddress(at: number, value: number): void {
    this.#setWord(at, value % 0x1_0000_0000);
    this.#setWord(at + 4, Math.floor(value / 0x1_0000_0000));
  }

  #setWord(at: number, value: number): void {
    this.#words[at / 4] = value;
  }
}

/** See {@link onePerThread}. */
export const sharedBatchSend = onePerThread((library) => new BatchSend(library));
