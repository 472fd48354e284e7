import type { PlaybackStats } from "../../protocol/stats.ts";
import type { Timings } from "./timings.ts";

/** How the picture arrives. Absent fields are not known (yet, or in this browser). */
export interface ViewerStats extends PlaybackStats {
  /** Of the connection these numbers are about. */
  timings: Timings;
}

/** What averages over an interval are made of; W3C webrtc-stats names. */
interface Totals {
  timestampMs: number;
  bytesReceived: number;
  jitterBufferDelay: number;
  jitterBufferEmittedCount: number;
  totalDecodeTime: number;
  framesDecoded: number;
}

/** Members that the DOM library's types lack. */
interface InboundVideo extends RTCInboundRtpStreamStats {
  framesReceived?: number;
  freezeCount?: number;
  /** Seconds. */
  totalFreezesDuration?: number;
}

/** Over which averages are taken. */
const WINDOW_MS = 2_000;
/** Two readings close together would make an average of one frame or none. */
const APART_MS = 400;
/** What a frame took is told for so long where none came since: a camera of a frame a second has as much to tell. */
const REMEMBERED_MS = 10_000;

/** Reads successive reports of one connection; averages are over the last two seconds. */
export class StatsReader {
  /** Of the video, as of the last reading. */
  packetsReceived = 0;
  /** Oldest first. */
  #readings: Totals[] = [];
  #averages: Pick<PlaybackStats, "bitrateBps" | "bufferMs" | "decodeMs"> = {};
  /** The newest reading at which a frame had come. */
  #framesAtMs = 0;

  read(report: Iterable<[string, RTCStats]>): PlaybackStats {
    const byId = new Map(report);
    const inbound = [...byId.values()].find(isInboundVideo);
    const pair = selectedPair(byId);
    this.packetsReceived = inbound?.packetsReceived ?? 0;
    if (inbound) this.#average(inbound);
    const rttMs = pair?.currentRoundTripTime === undefined ? undefined : pair.currentRoundTripTime * 1000;
    const { bufferMs, decodeMs } = this.#averages;
    return {
      width: inbound?.frameWidth,
      height: inbound?.frameHeight,
      fps: inbound?.framesPerSecond,
      ...this.#averages,
      rttMs,
      latencyMs: rttMs === undefined || bufferMs === undefined ? undefined : rttMs / 2 + bufferMs + (decodeMs ?? 0),
      codec: codecOf(inbound, byId),
      ...wayOf(pair, byId),
      framesReceived: inbound?.framesReceived ?? inbound?.framesDecoded ?? 0,
      framesDecoded: inbound?.framesDecoded ?? 0,
      framesDropped: inbound?.framesDropped ?? 0,
      freezes: inbound?.freezeCount,
      frozenMs: inbound?.totalFreezesDuration === undefined ? undefined : inbound.totalFreezesDuration * 1000,
      packetsLost: inbound?.packetsLost ?? 0,
    };
  }

  #average(inbound: InboundVideo): void {
    const now: Totals = {
      timestampMs: inbound.timestamp,
      bytesReceived: inbound.bytesReceived ?? 0,
      jitterBufferDelay: inbound.jitterBufferDelay ?? 0,
      jitterBufferEmittedCount: inbound.jitterBufferEmittedCount ?? 0,
      totalDecodeTime: inbound.totalDecodeTime ?? 0,
      framesDecoded: inbound.framesDecoded ?? 0,
    };
    if (now.timestampMs - (this.#readings.at(-1)?.timestampMs ?? Number.NEGATIVE_INFINITY) < APART_MS) return;
    this.#readings.push(now);
    // The youngest of those that are old enough, and all younger ones.
    while (now.timestampMs - (this.#readings[1]?.timestampMs ?? now.timestampMs) >= WINDOW_MS) this.#readings.shift();
    const [before = now] = this.#readings;
    if (before === now) return;
    const emitted = now.jitterBufferEmittedCount - before.jitterBufferEmittedCount;
    const decoded = now.framesDecoded - before.framesDecoded;
    if (decoded > 0) this.#framesAtMs = now.timestampMs;
    const known = now.timestampMs - this.#framesAtMs < REMEMBERED_MS ? this.#averages : {};
    this.#averages = {
      bitrateBps: Math.round(
        ((now.bytesReceived - before.bytesReceived) * 8_000) / (now.timestampMs - before.timestampMs),
      ),
      bufferMs: emitted > 0 ? ((now.jitterBufferDelay - before.jitterBufferDelay) / emitted) * 1000 : known.bufferMs,
      decodeMs: decoded > 0 ? ((now.totalDecodeTime - before.totalDecodeTime) / decoded) * 1000 : known.decodeMs,
    };
  }
}

function isInboundVideo(stats: RTCStats): stats is InboundVideo {
  return stats.type === "inbound-rtp" && (stats as RTCInboundRtpStreamStats).kind === "video";
}

function selectedPair(byId: Map<string, RTCStats>): RTCIceCandidatePairStats | undefined {
  const transport = [...byId.values()].find((stats) => stats.type === "transport") as RTCTransportStats | undefined;
  const selected = transport?.selectedCandidatePairId ? byId.get(transport.selectedCandidatePairId) : undefined;
  if (selected) return selected as RTCIceCandidatePairStats;
  // Firefox has no transport stats; it marks the pair instead.
  const pairs = [...byId.values()].filter((stats) => stats.type === "candidate-pair") as RTCIceCandidatePairStats[];
  return pairs.find((pair) => pair.nominated && pair.state === "succeeded");
}

function wayOf(
  pair: RTCIceCandidatePairStats | undefined,
  byId: Map<string, RTCStats>,
): Pick<PlaybackStats, "path" | "candidateType"> {
  if (!pair) return { path: undefined };
  const [local, remote] = [pair.localCandidateId, pair.remoteCandidateId].map(
    (id) => byId.get(id) as Candidate | undefined,
  );
  const types = [local?.candidateType, remote && isOfRelay(remote, byId) ? "relay" : remote?.candidateType];
  if (types.includes("relay")) return { path: "relay", candidateType: "relay" };
  // What was found on the way (prflx) is a NAT's outside, as what STUN told is (srflx).
  if (types.includes("srflx") || types.includes("prflx")) return { path: "direct", candidateType: "srflx" };
  return { path: "direct", candidateType: types.includes("host") ? "host" : undefined };
}

interface Candidate extends RTCStats {
  candidateType?: RTCIceCandidateType;
  /** Chromium tells none of what it found on the way. */
  address?: string | null;
  port?: number;
}

/** Found on the way before it was told of: Chromium goes on calling the other end's relay so. */
function isOfRelay({ candidateType, address, port }: Candidate, byId: Map<string, RTCStats>): boolean {
  if (candidateType !== "prflx") return false;
  const told = [...byId.values()].filter(({ type }) => type === "remote-candidate") as Candidate[];
  return told.some(
    (each) => each.candidateType === "relay" && each.port === port && each.address === (address ?? each.address),
  );
}

function codecOf(inbound: InboundVideo | undefined, byId: Map<string, RTCStats>): string | undefined {
  const codec = inbound?.codecId === undefined ? undefined : byId.get(inbound.codecId);
  return (codec as { mimeType?: string } | undefined)?.mimeType?.split("/")[1];
}
