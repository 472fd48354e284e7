import { formatBitrate } from "../../protocol/units.ts";
import type { ViewerStats } from "../client/index.ts";

export interface StatsRow {
  name: string;
  value: string;
}

const UNKNOWN = "–";

/** Every row each time, so that none moves while one reads. */
export function statsRows(stats: ViewerStats): StatsRow[] {
  const { bitrateBps, latencyMs, rttMs, bufferMs, decodeMs, framesDecoded, framesDropped, packetsLost } = stats;
  return [
    { name: "Picture", value: pictureOf(stats) },
    { name: "Received", value: bitrateBps === undefined ? UNKNOWN : formatBitrate(bitrateBps) },
    { name: "Network + buffer + decoding", value: inMs(latencyMs) },
    { name: "Round trip", value: inMs(rttMs) },
    { name: "Jitter buffer", value: inMs(bufferMs) },
    { name: "Decoding", value: inMs(decodeMs) },
    { name: "Frames", value: `${framesDecoded} decoded, ${framesDropped} dropped` },
    { name: "Freezes", value: freezesOf(stats) },
    { name: "Packets lost", value: String(packetsLost) },
    { name: "Path", value: pathOf(stats) },
    { name: "First picture", value: firstPictureOf(stats) },
  ];
}

function pictureOf({ width, height, fps, codec }: ViewerStats): string {
  if (!width || !height) return UNKNOWN;
  const rate = fps === undefined ? "" : ` ${Math.round(fps)} fps`;
  return `${width}×${height}${rate}${codec ? ` ${codec}` : ""}`;
}

function freezesOf({ freezes, frozenMs = 0 }: ViewerStats): string {
  if (freezes === undefined) return UNKNOWN;
  return freezes === 0 ? "none" : `${freezes}, ${(frozenMs / 1_000).toFixed(1)} s together`;
}

function pathOf({ path, candidateType }: ViewerStats): string {
  if (path === undefined) return UNKNOWN;
  if (path === "relay") return "TURN relay";
  return candidateType === "srflx" ? "direct, through NAT" : "direct";
}

function firstPictureOf({ timings: { offerSent, firstFrame } }: ViewerStats): string {
  if (offerSent === undefined || firstFrame === undefined) return UNKNOWN;
  return `${Math.round(firstFrame - offerSent)} ms after the offer`;
}

function inMs(ms: number | undefined): string {
  if (ms === undefined) return UNKNOWN;
  return ms < 1 ? "<1 ms" : `${Math.round(ms)} ms`;
}
