import { Socket } from "node:dgram";
import { isRtpOf, sendStill } from "./bottleneck.ts";
import { sendSingly } from "./singly.ts";

export interface StallsOptions {
  /** Media SSRCs, RTX too, of the viewer whose network it is. */
  ssrcs: readonly number[];
  everyMs: number;
  lastingMs: number;
}

/**
 * A network that stands still at regular times and then lets go of everything at once, as Wi-Fi does, before one viewer
 * on the way out of this process; for as long as it is held. Nothing is lost, and nothing overtakes.
 */
export class Stalls implements Disposable {
  readonly #singly = sendSingly();
  readonly #send = Socket.prototype.send;

  constructor({ ssrcs, everyMs, lastingMs }: StallsOptions) {
    const send = this.#send;
    const beganMs = performance.now();
    Socket.prototype.send = function (this: Socket, ...args: unknown[]) {
      const [datagram] = args;
      const intoMs = (performance.now() - beganMs) % everyMs;
      const stalled = intoMs < lastingMs && Buffer.isBuffer(datagram) && isRtpOf(datagram, ssrcs);
      if (!stalled) return void Reflect.apply(send, this, args);
      setTimeout(() => sendStill(send, this, args), lastingMs - intoMs);
    };
  }

  [Symbol.dispose](): void {
    Socket.prototype.send = this.#send;
    this.#singly[Symbol.dispose]();
  }
}
