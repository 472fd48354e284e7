import * as v from "valibot";

/** Of what a camera gives, and of what its owner may ask of it. */
export const FPS_MIN = 1;
export const FPS_MAX = 240;
export const SIDE_MAX_PX = 8_192;

/** Bits per second. */
export const BitrateBps = v.pipe(v.number(), v.integer(), v.minValue(50_000), v.maxValue(100_000_000));
/** Frames per second. */
export const FramesPerSecond = v.pipe(v.number(), v.minValue(FPS_MIN), v.maxValue(FPS_MAX));
/** Pixels along one side; H.264 with 4:2:0 chroma needs an even number. */
export const PixelCount = v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(SIDE_MAX_PX), v.multipleOf(2));

/**
 * Reads a bitrate as people write it.
 * @param text `800k`, `2.5M` or plain bits per second
 * @returns bits per second, or `undefined` when it cannot be read
 */
export function parseBitrateBps(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text.trim());
  if (!match) return undefined;
  const scale = { "": 1, k: 1_000, M: 1_000_000 }[match[2] as "" | "k" | "M"];
  const bitrateBps = Math.round(Number(match[1]) * scale);
  return v.is(BitrateBps, bitrateBps) ? bitrateBps : undefined;
}

/** Reads `1280x720`; `undefined` when it cannot be read or a side is odd or out of range. */
export function parseSize(text: string): { width: number; height: number } | undefined {
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(text.trim());
  if (!match) return undefined;
  const size = { width: Number(match[1]), height: Number(match[2]) };
  return v.is(PixelCount, size.width) && v.is(PixelCount, size.height) ? size : undefined;
}

/** Reads `90s`, `30m`, `2h`, `7d` into milliseconds; `undefined` when it cannot be read or is zero. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(text.trim());
  if (!match) return undefined;
  const scale = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as "s" | "m" | "h" | "d"];
  return Math.round(Number(match[1]) * scale) || undefined;
}

/** `2.5 Mbps`, `800 kbps`. */
export function formatBitrate(bitrateBps: number): string {
  if (bitrateBps >= 1_000_000) return `${Number((bitrateBps / 1_000_000).toFixed(2))} Mbps`;
  return `${Math.round(bitrateBps / 1_000)} kbps`;
}

/** `30`, `29.97`, for people. */
export function formatFps(fps: number): string {
  return String(Number(fps.toFixed(2)));
}
