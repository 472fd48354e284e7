import type { Probe } from "../congestion/probe.ts";
import { RetransmissionBudget } from "./budget.ts";
import type { Departure, DropReason, PacedPacket } from "./paced-packet.ts";

export interface PacerSettings {
  /** What the network carries; what is kept back of it for a queue to drain is not kept from those who miss something. */
  estimateBps: number;
  pacingBps: number;
  keyframePacingBps: number;
  /** Pace; see the estimator's `Decision`. */
  tight: boolean;
  rttMs: number;
  /** The viewer's playout delay: so much later a retransmission is still of use. */
  playoutMs: number;
}

export interface Poll<P extends PacedPacket> {
  departures: Departure<P>[];
  dropped: { packet: P; reason: DropReason }[];
  /** When to ask again; absent when nothing waits. */
  nextAtMs?: number;
}

/** Padding-only RTP packets carry at most 255 bytes of it (RFC 3550, 5.1). */
const PADDING_BYTES = 250;
/** What unpaced pictures may take from those who wait for their turn. */
const DEBT_MAX_MS = 100;
/** Media that would wait longer than this is let go faster: late is worse than a little loss. */
const MEDIA_WAIT_MAX_MS = 250;
/** Timers come late by some milliseconds: what that costs is made up for. After a longer pause nothing was missed. */
const LATE_TIMER_MS = 5;
/** A probe is over in little more than that: on a busy machine it would measure the timers otherwise. */
const LATE_PROBE_MS = 20;
/** A retransmission is of use for a round trip and the playout delay; and until the viewer asks for it anew. */
const USEFUL_MIN_MS = 100;

interface Waiting<P> {
  packet: P;
  pushedAtMs: number;
}

/**
 * Decides what may leave now. Pictures leave at once, but on a tight link, where all of it is spread: what left at once
 * would wait in the link's own queue, which may be short.
 * Retransmissions come first: the viewer can show nothing of what was sent after them before they are there. Nothing
 * overtakes within the media, and padding comes last.
 */
export class Pacer<P extends PacedPacket> {
  #settings: PacerSettings;
  readonly #budget = new RetransmissionBudget();
  #media: Waiting<P>[] = [];
  #mediaBytes = 0;
  #retransmissions: Waiting<P>[] = [];
  #probe: { cluster: number; bitrateBps: number; bytesLeft: number; nextAtMs: number } | undefined;
  /** When what has left so far would be through at the pacing rate. */
  #freeAtMs = Number.NEGATIVE_INFINITY;
  /** The same of the retransmissions alone, which wait for one another only. */
  #repeatedAtMs = Number.NEGATIVE_INFINITY;

  constructor(settings: PacerSettings) {
    this.#settings = settings;
  }

  configure(settings: PacerSettings): void {
    this.#settings = settings;
  }

  push(packet: P, nowMs: number): void {
    const waiting = { packet, pushedAtMs: nowMs };
    if (packet.kind === "retransmission") this.#retransmissions.push(waiting);
    else {
      this.#media.push(waiting);
      this.#mediaBytes += packet.bytes;
    }
  }

  /** Takes the place of a probe that is still being sent. */
  startProbe({ cluster, bitrateBps, bytes }: Probe, nowMs: number): void {
    this.#probe = { cluster, bitrateBps, bytesLeft: bytes, nextAtMs: nowMs };
  }

  /** For how long the oldest packet has been waiting. */
  queueMs(nowMs: number): number {
    const oldest = [this.#media[0], this.#retransmissions[0]].map((each) => nowMs - (each?.pushedAtMs ?? nowMs));
    return Math.max(...oldest);
  }

  /** Nothing waits, and no probe is being sent. */
  get idle(): boolean {
    return this.#media.length === 0 && this.#retransmissions.length === 0 && !this.#probe;
  }

  poll(nowMs: number): Poll<P> {
    const departures: Departure<P>[] = [];
    const dropped: Poll<P>["dropped"] = [];
    this.#releaseRetransmissions(departures, dropped, nowMs);
    this.#releaseMedia(departures, nowMs);
    this.#releasePadding(departures, nowMs);
    const nextAtMs = this.#nextAtMs(nowMs);
    return { departures, dropped, ...(nextAtMs === undefined ? {} : { nextAtMs }) };
  }

  #releaseMedia(departures: Departure<P>[], nowMs: number): void {
    for (let head = this.#media[0]; head; head = this.#media[0]) {
      if (this.#settings.tight && this.#freeAtMs > nowMs && !this.#probeDue(nowMs)) return;
      this.#media.shift();
      this.#mediaBytes -= head.packet.bytes;
      this.#depart(departures, head.packet, this.#mediaRateBps(head.packet.kind), nowMs);
    }
  }

  #mediaRateBps(kind: P["kind"]): number {
    const { pacingBps, keyframePacingBps } = this.#settings;
    return Math.max(
      kind === "keyframe" ? keyframePacingBps : pacingBps,
      (this.#mediaBytes * 8_000) / MEDIA_WAIT_MAX_MS,
    );
  }

  #releaseRetransmissions(departures: Departure<P>[], dropped: Poll<P>["dropped"], nowMs: number): void {
    const { tight, estimateBps, pacingBps, rttMs, playoutMs } = this.#settings;
    const usefulMs = Math.max(rttMs + playoutMs, USEFUL_MIN_MS);
    for (let head = this.#retransmissions[0]; head; head = this.#retransmissions[0]) {
      const { packet, pushedAtMs } = head;
      const late = nowMs - pushedAtMs > usefulMs;
      if (!late && tight && this.#repeatedAtMs > nowMs) return;
      this.#retransmissions.shift();
      if (late) dropped.push({ packet, reason: "too-late" });
      else if (tight && !this.#budget.take(packet.bytes, estimateBps, nowMs))
        dropped.push({ packet, reason: "over-budget" });
      else {
        const repeatedAtMs = resumed(this.#repeatedAtMs, nowMs) + (packet.bytes * 8_000) / pacingBps;
        this.#repeatedAtMs = Math.min(repeatedAtMs, nowMs + DEBT_MAX_MS);
        this.#depart(departures, packet, pacingBps, nowMs);
      }
    }
  }

  #releasePadding(departures: Departure<P>[], nowMs: number): void {
    for (let probe = this.#probe; probe && probe.nextAtMs <= nowMs; probe = this.#probe) {
      departures.push({ paddingBytes: PADDING_BYTES, probeCluster: probe.cluster });
      this.#occupy(PADDING_BYTES, this.#settings.pacingBps, nowMs);
      this.#advanceProbe(PADDING_BYTES, nowMs);
    }
  }

  #depart(departures: Departure<P>[], packet: P, rateBps: number, nowMs: number): void {
    const probeCluster = this.#probe?.cluster;
    departures.push({ packet, ...(probeCluster === undefined ? {} : { probeCluster }) });
    this.#occupy(packet.bytes, rateBps, nowMs);
    this.#advanceProbe(packet.bytes, nowMs);
  }

  #occupy(bytes: number, rateBps: number, nowMs: number): void {
    const freeAtMs = resumed(this.#freeAtMs, nowMs) + (bytes * 8_000) / rateBps;
    this.#freeAtMs = Math.min(freeAtMs, nowMs + DEBT_MAX_MS);
  }

  #probeDue(nowMs: number): boolean {
    return this.#probe !== undefined && this.#probe.nextAtMs <= nowMs;
  }

  /** Whatever leaves while a probe runs is part of it: its packets would not arrive undisturbed otherwise. */
  #advanceProbe(bytes: number, nowMs: number): void {
    const probe = this.#probe;
    if (!probe) return;
    probe.bytesLeft -= bytes;
    probe.nextAtMs = resumed(probe.nextAtMs, nowMs, LATE_PROBE_MS) + (bytes * 8_000) / probe.bitrateBps;
    if (probe.bytesLeft <= 0) this.#probe = undefined;
  }

  #nextAtMs(nowMs: number): number | undefined {
    const times: number[] = [];
    if (this.#media.length > 0) times.push(Math.max(this.#freeAtMs, nowMs));
    if (this.#retransmissions.length > 0) times.push(Math.max(this.#repeatedAtMs, nowMs));
    if (this.#probe) times.push(Math.max(this.#probe.nextAtMs, nowMs));
    return times.length === 0 ? undefined : Math.min(...times);
  }
}

function resumed(dueAtMs: number, nowMs: number, lateMs = LATE_TIMER_MS): number {
  return dueAtMs >= nowMs - lateMs ? dueAtMs : nowMs;
}
