/** How often every connection is looked at. */
const POLL_MS = 250;
/** While a connection awaits its first frame beside another. */
const POLL_TAKEOVER_MS = 100;

interface PulseOptions {
  poll(): Promise<void>;
  isTakingOver(): boolean;
  /** Calls back when the network changes; returns a function that stops it. */
  watchNetwork(callback: () => void): () => void;
  onNetworkChange(): void;
}

/** What has to be looked at again and again while a viewer watches. */
export class Pulse {
  readonly #options: PulseOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | undefined;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Begins, or begins anew: the next look is as far away as it has to be now. */
  start(): void {
    clearTimeout(this.#timer);
    this.#unwatch ??= this.#options.watchNetwork(() => this.#options.onNetworkChange());
    const timer = setTimeout(
      async () => {
        await this.#options.poll();
        if (timer === this.#timer) this.start();
      },
      this.#options.isTakingOver() ? POLL_TAKEOVER_MS : POLL_MS,
    );
    this.#timer = timer;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }
}
