import type { Stream } from "../peers/stream.ts";

export interface Format extends Stream {
  name: string;
  /** Why a peer is not compared at this format. */
  unfair: Record<string, string>;
}

const AIORTC_LIMITS = "its H.264 encoder is fixed at 30 fps and level 3.1, which ends at 1280x720";
const BEYOND_AIORTC = { aiortc: AIORTC_LIMITS, "aiortc-ultrafast": AIORTC_LIMITS };

/**
 * A frame or two short of the rate that they are named for: at just half of the screen's rate, or all of it, every picture of
 * a turn would wait as long for the screen as chance had it at the start, a whole refresh or nothing.
 */
export const FORMATS: Format[] = [
  { name: "720p30", width: 1280, height: 720, fps: 29, bitrateBps: 2_500_000, unfair: {} },
  { name: "720p60", width: 1280, height: 720, fps: 58, bitrateBps: 4_000_000, unfair: BEYOND_AIORTC },
  { name: "1080p30", width: 1920, height: 1080, fps: 29, bitrateBps: 5_000_000, unfair: BEYOND_AIORTC },
];
