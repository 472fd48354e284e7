import { Least } from "./least.ts";
import type { PacketRecord, PacketResult } from "./packet.ts";

/** The viewer holds feedback back for up to a quarter of a second: only the least of some seconds is the way's own. */
const RTT_MEMORY_MS = 10_000;
const EMPTY_RTT_MEMORY_MS = 30_000;
const FIRST_RTT_MS = 100;
/** Two or three probes. */
const UNKNOWN_MS = 6_000;
/** Sender reports are seldom further apart. */
const REPORT_MS = 2_000;

/** The way that packets take now: how long it is, and which answers tell of it. */
export class Path {
  readonly #rtt = new Least(RTT_MEMORY_MS, FIRST_RTT_MS);
  /** Without another flow's queue, from before it came: the queue, too, is told from the least of half a minute. */
  readonly #emptyRtt = new Least(EMPTY_RTT_MEMORY_MS, FIRST_RTT_MS);
  /** What left before took another way. */
  #newAtMs = Number.NEGATIVE_INFINITY;
  #heardFromMs: number | undefined;

  /** What leaves from now on takes another way, of another length. */
  onNew(nowMs: number): void {
    this.#rtt.doubt();
    this.#emptyRtt.doubt();
    this.#newAtMs = nowMs;
  }

  /** The viewer has told of packets, lost ones maybe. */
  onHeard(nowMs: number): void {
    this.#heardFromMs ??= nowMs;
  }

  /** The viewer has told of these just now: the youngest of them shows the round trip. */
  onReceived(received: readonly PacketResult[], nowMs: number): void {
    const newestMs = received.reduce((latest, { packet }) => Math.max(latest, packet.sentAtMs), this.#newAtMs);
    if (newestMs > this.#newAtMs) this.#add(nowMs - newestMs, nowMs);
  }

  /** @param rttMs from a receiver report, which may tell of a way out that was still the old one */
  onReport(rttMs: number, nowMs: number): void {
    if (nowMs - this.#newAtMs >= REPORT_MS) this.#add(rttMs, nowMs);
  }

  carried(packet: PacketRecord): boolean {
    return packet.sentAtMs >= this.#newAtMs;
  }

  /** It is new, and nothing was found yet of what it carries. */
  isUnknown(foundAtMs: number, nowMs: number): boolean {
    const sinceMs = Math.max(this.#heardFromMs ?? nowMs, this.#newAtMs);
    return foundAtMs < sinceMs && nowMs - sinceMs < UNKNOWN_MS;
  }

  /**
   * The least of the ten seconds up to the last measurement, however long ago that was. 100 ms before the first, and the
   * old way's until a new one is measured.
   */
  get rttMs(): number {
    return this.#rtt.leastMs;
  }

  get rttKnown(): boolean {
    return this.#rtt.known;
  }

  get emptyRttMs(): number {
    return this.#emptyRtt.leastMs;
  }

  #add(rttMs: number, nowMs: number): void {
    if (!(rttMs >= 0)) return;
    this.#rtt.add(rttMs, nowMs);
    this.#emptyRtt.add(rttMs, nowMs);
  }
}
