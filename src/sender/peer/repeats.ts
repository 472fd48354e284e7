import type { PacketReport } from "../congestion/feedback.ts";
import { KEPT_MS, type KeptPacket } from "./rtx.ts";

/** More are not under way at a time on any path that shows a live picture. */
const UNDER_WAY_MAX = 1_024;

/**
 * The retransmissions whose fate is not known. A viewer asks again for one that is lost after a fixed time, 100 ms in
 * Chromium, whatever the round trip; transport-wide feedback tells of the loss sooner.
 */
export class Repeats {
  readonly #underWay = new Map<number, KeptPacket>();
  /** Of each packet the last transport-wide number: an earlier one's loss is no news. */
  readonly #numbers = new WeakMap<KeptPacket, number>();

  /** @param number transport-wide */
  onSent(number: number, packet: KeptPacket): void {
    this.#underWay.set(number, packet);
    this.#numbers.set(packet, number);
    if (this.#underWay.size <= UNDER_WAY_MAX) return;
    const [oldest] = this.#underWay.keys();
    if (oldest !== undefined) this.#underWay.delete(oldest);
  }

  /** Those that would not be sent again any more, whatever becomes of them. */
  forgetOld(nowMs: number): void {
    if (this.#underWay.size === 0) return;
    for (const [number, { sentAtMs }] of this.#underWay) if (nowMs - sentAtMs > KEPT_MS) this.#underWay.delete(number);
  }

  /** @returns the sequence numbers of those that are told lost, each once */
  onFeedback(packets: readonly PacketReport[]): number[] {
    if (this.#underWay.size === 0) return [];
    return packets.flatMap(({ sequenceNumber: number, arrivalMs }) => {
      const packet = this.#underWay.get(number);
      if (!packet) return [];
      this.#underWay.delete(number);
      return arrivalMs === undefined && this.#numbers.get(packet) === number ? [packet.sequenceNumber] : [];
    });
  }
}
