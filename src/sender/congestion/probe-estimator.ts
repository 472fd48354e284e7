import type { PacketResult, SentPacket } from "./packet.ts";

/** A cluster is judged when this share of it has arrived. */
const RECEIVED_MIN = 0.8;
const PACKETS_MIN = 4;
/** Packets that arrive faster than twice the rate they left at were held up together. */
const RATIO_MAX = 2;
/** A link that delivers less than this share of what was sent was full, so that what it delivered is its capacity. */
const FULL = 0.9;
const FULL_MARGIN = 0.95;
const MAX_AGE_MS = 2_000;

export interface ProbeResult {
  cluster: number;
  bitrateBps: number;
}

interface Cluster {
  sentPackets: number;
  sentBytes: number;
  firstSentAtMs: number;
  lastSentAtMs: number;
  lastSentBytes: number;
  arrivals: { arrivalMs: number; bytes: number }[];
}

/** Measures what each probe's packets arrived at. */
export class ProbeEstimator {
  readonly #clusters = new Map<number, Cluster>();

  onSent({ probeCluster, bytes }: SentPacket, nowMs: number): void {
    if (probeCluster === undefined) return;
    for (const [id, { lastSentAtMs }] of this.#clusters)
      if (nowMs - lastSentAtMs > MAX_AGE_MS) this.#clusters.delete(id);
    const cluster = this.#clusters.get(probeCluster);
    if (!cluster) {
      this.#clusters.set(probeCluster, {
        sentPackets: 1,
        sentBytes: bytes,
        firstSentAtMs: nowMs,
        lastSentAtMs: nowMs,
        lastSentBytes: bytes,
        arrivals: [],
      });
      return;
    }
    cluster.sentPackets++;
    cluster.sentBytes += bytes;
    cluster.lastSentAtMs = nowMs;
    cluster.lastSentBytes = bytes;
  }

  /** @returns the clusters that these packets complete; each is told of once */
  onReceived(received: readonly PacketResult[]): ProbeResult[] {
    for (const { packet, arrivalMs = 0 } of received) {
      if (packet.probeCluster === undefined) continue;
      this.#clusters.get(packet.probeCluster)?.arrivals.push({ arrivalMs, bytes: packet.bytes });
    }
    const results: ProbeResult[] = [];
    for (const [id, cluster] of this.#clusters) {
      const needed = Math.max(PACKETS_MIN, RECEIVED_MIN * cluster.sentPackets);
      if (cluster.arrivals.length < needed) continue;
      this.#clusters.delete(id);
      const bitrateBps = measured(cluster);
      if (bitrateBps !== undefined) results.push({ cluster: id, bitrateBps });
    }
    return results;
  }
}

/** The last packet's time on the wire is not within the sending interval, nor the first one's within the arriving. */
function measured({ arrivals, sentBytes, lastSentBytes, firstSentAtMs, lastSentAtMs }: Cluster): number | undefined {
  const byArrival = arrivals.toSorted((a, b) => a.arrivalMs - b.arrivalMs);
  const first = byArrival[0];
  const last = byArrival.at(-1);
  if (!first || !last || last.arrivalMs <= first.arrivalMs) return undefined;
  const receivedBytes = arrivals.reduce((sum, { bytes }) => sum + bytes, 0);
  const sentBps = ((sentBytes - lastSentBytes) * 8_000) / (lastSentAtMs - firstSentAtMs);
  const receivedBps = ((receivedBytes - first.bytes) * 8_000) / (last.arrivalMs - first.arrivalMs);
  if (receivedBps > RATIO_MAX * sentBps) return undefined;
  return receivedBps < FULL * sentBps ? FULL_MARGIN * receivedBps : Math.min(receivedBps, sentBps);
}
