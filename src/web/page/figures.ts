import { formatBitrate } from "../../protocol/units.ts";
import type { ViewerStats } from "../client/index.ts";

export interface Figure {
  text: string;
  /** What the number is, for those who ask. */
  meaning: string;
}

/** The few numbers in the corner, most telling first; those not known are left out. */
export function figuresOf(stats: ViewerStats): Figure[] {
  const figures: Figure[] = [];
  const { width, height, fps, bitrateBps, latencyMs, rttMs, bufferMs, decodeMs, path } = stats;
  if (width && height) figures.push({ text: `${width}×${height}`, meaning: "Resolution of the picture as it arrives" });
  if (fps) figures.push({ text: `${Math.round(fps)} fps`, meaning: "Frames decoded in the last second" });
  if (bitrateBps) figures.push({ text: formatBitrate(roughly(bitrateBps)), meaning: "Video received" });
  if (latencyMs !== undefined) {
    const parts = [`half of the ${inMs(rttMs)} round trip`, `${inMs(bufferMs)} in the jitter buffer`];
    if (decodeMs !== undefined) parts.push(`${inMs(decodeMs)} decoding`);
    figures.push({
      text: `${inMs(latencyMs)} ${decodeMs === undefined ? "network + buffer" : "until decoded"}`,
      meaning: `${parts.join(", ")}. The camera, its encoder and this screen add to that.`,
    });
  }
  if (path === "relay") figures.push({ text: "relayed", meaning: "The video passes through a TURN relay" });
  return figures;
}

/** Two digits are all that does not flicker; and what comes is never nothing. */
function roughly(bitrateBps: number): number {
  return Math.max(1_000, Number(bitrateBps.toPrecision(2)));
}

function inMs(ms = 0): string {
  return ms < 1 ? "<1 ms" : `${Math.round(ms)} ms`;
}
