import type { PacketResult, SentPacket } from "./packet.ts";
import type { Probe } from "./probe.ts";

/** A cluster is judged when all of it has left, and this share of it has arrived. */
const RECEIVED_MIN = 0.8;
/** Packets that leave differ from what was reckoned with by a few bytes. */
const LEFT_MIN = 0.95;
const PACKETS_MIN = 4;
/** Packets that arrive faster than twice the rate they left at were held up together. */
const RATIO_MAX = 2;
/** A link that delivers less than this share of what was sent was full, so that what it delivered is its capacity. */
const FULL = 0.9;
const FULL_MARGIN = 0.95;
/** A shaper lets the first packets pass at any rate: what a full link carries on and on shows in the last of so many parts. */
const PARTS = 3;
const MAX_AGE_MS = 2_000;

export interface ProbeResult {
  cluster: number;
  /** Absent when nothing can be told, since all of it came at once: a stalled network or machine held it up. */
  bitrateBps?: number;
  /** The link carried less than was sent. */
  full?: boolean;
}

interface Arrival {
  sentAtMs: number;
  arrivalMs: number;
  bytes: number;
}

interface Cluster {
  /** How much is to be sent. */
  bytes: number;
  startedAtMs: number;
  sentPackets: number;
  sentBytes: number;
  arrivals: Arrival[];
}

/** Measures what each probe's packets arrived at. */
export class ProbeEstimator {
  readonly #clusters = new Map<number, Cluster>();

  onStarted({ cluster, bytes }: Probe, nowMs: number): void {
    for (const [id, { startedAtMs }] of this.#clusters) if (nowMs - startedAtMs > MAX_AGE_MS) this.#clusters.delete(id);
    this.#clusters.set(cluster, { bytes, startedAtMs: nowMs, sentPackets: 0, sentBytes: 0, arrivals: [] });
  }

  onSent({ probeCluster, bytes }: SentPacket): void {
    const cluster = probeCluster === undefined ? undefined : this.#clusters.get(probeCluster);
    if (!cluster) return;
    cluster.sentPackets++;
    cluster.sentBytes += bytes;
  }

  /** What is under way was sent to another link: it came before the fall, or slipped through beside it. */
  forget(): void {
    this.#clusters.clear();
  }

  /** @returns the clusters that these packets complete; each is told of once */
  onReceived(received: readonly PacketResult[]): ProbeResult[] {
    for (const { packet, arrivalMs = 0 } of received) {
      if (packet.probeCluster === undefined) continue;
      const { sentAtMs, bytes } = packet;
      this.#clusters.get(packet.probeCluster)?.arrivals.push({ sentAtMs, arrivalMs, bytes });
    }
    const results: ProbeResult[] = [];
    for (const [id, { bytes, sentBytes, sentPackets, arrivals }] of this.#clusters) {
      const needed = Math.max(PACKETS_MIN, RECEIVED_MIN * sentPackets);
      if (sentBytes < LEFT_MIN * bytes || arrivals.length < needed) continue;
      this.#clusters.delete(id);
      results.push({ cluster: id, ...measured(arrivals) });
    }
    return results;
  }
}

function measured(arrivals: readonly Arrival[]): Omit<ProbeResult, "cluster"> {
  const byArrival = arrivals.toSorted((a, b) => a.arrivalMs - b.arrivalMs);
  const whole = ratesOf(byArrival);
  if (!whole || whole.receivedBps > RATIO_MAX * whole.sentBps) return {};
  if (!isFull(whole)) return { bitrateBps: Math.min(whole.receivedBps, whole.sentBps), full: false };
  const from = Math.floor((byArrival.length * (PARTS - 1)) / PARTS) - 1;
  const last = byArrival.length - from < PACKETS_MIN ? undefined : ratesOf(byArrival.slice(from));
  const carriedBps = last && isFull(last) ? Math.min(whole.receivedBps, last.receivedBps) : whole.receivedBps;
  return { bitrateBps: FULL_MARGIN * carriedBps, full: true };
}

interface Rates {
  sentBps: number;
  receivedBps: number;
}

function isFull({ sentBps, receivedBps }: Rates): boolean {
  return receivedBps < FULL * sentBps;
}

/** The last packet's time on the wire is not within the sending interval, nor the first one's within the arriving. */
function ratesOf(byArrival: readonly Arrival[]): Rates | undefined {
  const [first, last] = [byArrival[0], byArrival.at(-1)];
  if (!first || !last || last.arrivalMs <= first.arrivalMs) return undefined;
  const bytes = byArrival.reduce((sum, arrival) => sum + arrival.bytes, 0);
  return {
    sentBps: ((bytes - last.bytes) * 8_000) / Math.max(last.sentAtMs - first.sentAtMs, 0),
    receivedBps: ((bytes - first.bytes) * 8_000) / (last.arrivalMs - first.arrivalMs),
  };
}
