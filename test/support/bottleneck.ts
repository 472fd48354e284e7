import { Socket } from "node:dgram";
import { sendSingly } from "./singly.ts";

export interface BottleneckOptions {
  /** Media SSRCs, RTX too, of the viewer that it stands before. */
  ssrcs: readonly number[];
  rateBps: number;
  /** What the buffer holds, at that rate; what comes to a full one is dropped. */
  bufferMs: number;
}

/** A slow link before one viewer, with a buffer, on the way out of this process; for as long as it is held. */
export class Bottleneck implements Disposable {
  rateBps: number;
  dropped = 0;
  readonly #singly = sendSingly();
  readonly #send = Socket.prototype.send;
  #freeAtMs = 0;

  constructor({ ssrcs, rateBps, bufferMs }: BottleneckOptions) {
    this.rateBps = rateBps;
    const bottleneck = this;
    const send = this.#send;
    Socket.prototype.send = function (this: Socket, ...args: unknown[]) {
      const [datagram] = args;
      if (!Buffer.isBuffer(datagram) || !isRtpOf(datagram, ssrcs)) return void Reflect.apply(send, this, args);
      const nowMs = performance.now();
      const waitMs = Math.max(0, bottleneck.#freeAtMs - nowMs);
      if (waitMs > bufferMs) {
        bottleneck.dropped++;
        return;
      }
      bottleneck.#freeAtMs = nowMs + waitMs + (datagram.length * 8_000) / bottleneck.rateBps;
      setTimeout(() => sendStill(send, this, args), bottleneck.#freeAtMs - nowMs);
    };
  }

  [Symbol.dispose](): void {
    Socket.prototype.send = this.#send;
    this.#singly[Symbol.dispose]();
  }
}

/** A socket may be closed by the time that its datagram is through. */
export function sendStill(send: (...args: never) => unknown, socket: Socket, args: unknown[]): void {
  try {
    Reflect.apply(send, socket, args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SOCKET_DGRAM_NOT_RUNNING") throw error;
  }
}

/** By first byte among DTLS and STUN (RFC 7983), by second among RTCP (RFC 5761). */
export function isRtpOf(datagram: Buffer, ssrcs: readonly number[]): boolean {
  const [first = 0, second = 0] = datagram;
  if (first >> 6 !== 2 || (second >= 192 && second <= 223) || datagram.length < 12) return false;
  return ssrcs.includes(datagram.readUInt32BE(8));
}
