import { outwardAddresses } from "./addresses.ts";
import type { Audience } from "./audience.ts";
import { PathWatch } from "./path-watch.ts";
import type { SignalingClient } from "./signaling/client.ts";

const LOOK_MS = 250;
/** A look that comes so long after the one before is late. */
const LATE_MS = 2 * LOOK_MS;

export interface RoamingOptions {
  audience: Pick<Audience, "paths">;
  signaling: Pick<SignalingClient, "probe" | "hurry" | "send">;
  onNetworkChange(): void;
  /** This machine's; the same list while nothing changes. May throw, when the system does not say. */
  addresses?(): string[];
}

/** Notices by itself that this machine's network changed or carries nothing any more, and has what broke repaired. */
export class Roaming {
  readonly #options: RoamingOptions;
  readonly #watch = new PathWatch();
  readonly #addresses: () => string[];
  readonly #timer: NodeJS.Timeout;
  #before: string | undefined;
  #lookedAtMs = performance.now();
  #wasLate = false;

  constructor(options: RoamingOptions) {
    this.#options = options;
    this.#addresses = options.addresses ?? outwardAddresses;
    this.#before = this.#read();
    this.#timer = setInterval(() => this.#look(performance.now()), LOOK_MS);
  }

  /** The edge welcomed this sender, so that viewers can be asked for something again. */
  welcomed(): void {
    this.#watch.reachable();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(nowMs: number): void {
    const { audience, signaling } = this.#options;
    const now = this.#read() ?? this.#before;
    if (now !== this.#before && this.#before !== undefined) {
      this.#watch.networkChanged();
      signaling.hurry();
      this.#options.onNetworkChange();
    }
    this.#before = now;
    const isLate = !this.#wasLate && nowMs - this.#lookedAtMs > LATE_MS;
    this.#wasLate = isLate;
    this.#lookedAtMs = nowMs;
    // This thread stood: what viewers said meanwhile is read after this turn, and before the next look.
    if (isLate) return;
    const { probe, renew } = this.#watch.look(audience.paths, nowMs);
    if (probe) signaling.probe();
    for (const { viewer, connection } of renew) signaling.send({ type: "renew", viewer, connection });
  }

  /** Nothing when the system has no descriptor left to ask with, or lets nobody ask: that is no other network. */
  #read(): string | undefined {
    try {
      return this.#addresses().join();
    } catch {
      return undefined;
    }
  }
}
