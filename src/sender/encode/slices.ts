import { availableParallelism } from "node:os";

/** A picture of 720p keeps one processor busy for 2 to 10 ms; a second one for as long is worth it where four are there. */
const PIXELS_PER_PROCESSOR = 2 * 1280 * 720;
const SLICES_MAX = 4;

/**
 * In how many slices (H.264 section 3.139) to encode a picture, each by a thread of its own, so that it is done sooner: two
 * cores are through with 1080p in two thirds of the time. Each slice ends with a packet that is not full, so small pictures
 * stay whole, and some processors are left to everything else.
 */
export function sliceCount({ width, height }: { width: number; height: number }, processors = availableParallelism()) {
  const count = Math.floor((processors * width * height) / PIXELS_PER_PROCESSOR);
  return Math.min(Math.max(count, 1), processors, SLICES_MAX);
}
