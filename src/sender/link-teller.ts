import type { CreateSession, RotateLinks } from "../protocol/http.ts";
import { Backoff } from "./backoff.ts";

const PAUSE = { firstMs: 500, maxMs: 30_000 };

export interface LinkTellerOptions {
  /** Gives the edge the hashes of the links. */
  put(links: RotateLinks): Promise<void>;
  /** The edge has the newest. */
  onTold(): void;
}

/**
 * Tells the edge the owner's new links until it has heard: it has them from the owner's own command, unless it was away
 * then, and until it has them it sends holders of the new links away.
 */
export class LinkTeller {
  readonly #options: LinkTellerOptions;
  #untold: RotateLinks | undefined;
  #timer: NodeJS.Timeout | undefined;
  #backoff = new Backoff(PAUSE);

  constructor(options: LinkTellerOptions) {
    this.#options = options;
  }

  /** @returns when the edge was asked to take them, whatever came of that; it is asked again until it has */
  tell({ viewerTokenHash, operatorTokenHash, whepTokenHash }: CreateSession): Promise<void> {
    this.#untold = { viewerTokenHash, operatorTokenHash, ...(whepTokenHash ? { whepTokenHash } : {}) };
    this.#backoff = new Backoff(PAUSE);
    return this.#tell();
  }

  /** The edge is there again: what it has not heard is told at once. */
  hurry(): void {
    if (this.#untold) void this.#tell();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#untold = undefined;
  }

  async #tell(): Promise<void> {
    clearTimeout(this.#timer);
    const links = this.#untold;
    if (!links) return;
    const told = await this.#options.put(links).then(
      () => true,
      () => false,
    );
    // Newer ones took their place meanwhile, it heard by another way, or it is over.
    if (this.#untold !== links) return;
    if (told) {
      this.#untold = undefined;
      clearTimeout(this.#timer);
      this.#options.onTold();
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tell(), this.#backoff.next());
    this.#timer.unref();
  }
}
