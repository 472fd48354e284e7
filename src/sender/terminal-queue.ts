import { constants, openSync, write } from "node:fs";

/** What may wait for a terminal that takes nothing: more than anybody reads of it afterwards. */
const WAITING_MAX_BYTES = 65_536;
/** One that is stopped is tried again so often. */
const AGAIN_MS = 50;

/** As `fs.write`. */
type Write = (
  fd: number,
  bytes: Buffer,
  done: (error: NodeJS.ErrnoException | null, writtenBytes: number) => void,
) => void;

/**
 * What goes to terminals, in order, while this thread goes on. Node's own streams wait for a terminal: one that is stopped,
 * by Ctrl-S or a serial line that hangs, would stop whatever this thread does.
 */
export class TerminalQueue {
  readonly #write: Write;
  readonly #waiting: { fd: number; bytes: Buffer }[] = [];
  readonly #onEmpty = new Set<() => void>();
  #waitingBytes = 0;
  #isWriting = false;

  constructor(write = unblockedWrite()) {
    this.#write = write;
  }

  /** Something is not written yet. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** So much is not written yet that no more should be added. */
  get isFull(): boolean {
    return this.#waitingBytes >= WAITING_MAX_BYTES;
  }

  /**
   * A write does not end: a terminal that could not be opened anew is stopped. Node waits for the thread that waits for it,
   * so that `process.exit` would not end.
   */
  get isStuck(): boolean {
    return this.#isWriting;
  }

  add(fd: number, text: string): void {
    const bytes = Buffer.from(text);
    if (bytes.length === 0) return;
    this.#waitingBytes += bytes.length;
    if (this.#waiting.push({ fd, bytes }) === 1) this.#next();
  }

  /** @returns a promise that resolves once all is written, or after so long */
  async drain(waitMs: number): Promise<void> {
    if (!this.isBusy) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    this.#onEmpty.add(resolve);
    await promise;
    this.#onEmpty.delete(resolve);
    clearTimeout(timer);
  }

  #next(): void {
    const [first] = this.#waiting;
    this.#isWriting = first !== undefined;
    if (first) this.#write(first.fd, first.bytes, (error, writtenBytes) => this.#written(first, error, writtenBytes));
    else for (const resolve of this.#onEmpty) resolve();
  }

  #written(first: { bytes: Buffer }, error: NodeJS.ErrnoException | null, writtenBytes: number): void {
    const isStopped = error ? error.code === "EAGAIN" || error.code === "EINTR" : writtenBytes === 0;
    this.#isWriting = false;
    if (isStopped) {
      setTimeout(() => this.#next(), AGAIN_MS);
      return;
    }
    // A terminal that is gone takes nothing any more, and whoever hung up is heard of by a signal.
    const doneBytes = error ? first.bytes.length : writtenBytes;
    this.#waitingBytes -= doneBytes;
    first.bytes = first.bytes.subarray(doneBytes);
    if (first.bytes.length === 0) this.#waiting.shift();
    this.#next();
  }
}

/** Each terminal is opened once more, for writing that never waits: to set its flag as it is would set the shell's, too. */
function unblockedWrite(): Write {
  const opened = new Map<number, number>();
  return (fd, bytes, done) => {
    const own = opened.get(fd) ?? reopen(fd);
    opened.set(fd, own);
    write(own, bytes, done);
  };
}

function reopen(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Another user's terminal, as under `sudo -u`: a thread of Node's own waits for it.
    return fd;
  }
}
