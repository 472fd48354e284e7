/**
 * What a new bitrate costs an encoder: nothing; a keyframe that it makes by itself; or another encoder in its place, which
 * begins with a keyframe.
 */
export type BitrateChange = "free" | "keyframe" | "reopen";

/** Worth a keyframe: what is too much for the network sooner than what it could carry besides. */
const FALL = 0.9;
const RISE = 1.25;
/** A rise waits so long after the last change; a fall does not. */
const RISE_APART_MS = 1_000;
const WORTH_REOPENING = 0.25;

/**
 * What to do about a bitrate that is wanted now; asked again for as long as another is wanted than the encoder has.
 * @param sinceMs time since the encoder was opened, or last told a bitrate
 */
export function bitrateStep(
  change: BitrateChange,
  { fromBps, toBps }: { fromBps: number; toBps: number },
  sinceMs: number,
): "tell" | "reopen" | "leave" {
  if (toBps === fromBps) return "leave";
  if (change === "free") return "tell";
  if (change === "reopen") return Math.abs(toBps / fromBps - 1) >= WORTH_REOPENING ? "reopen" : "leave";
  if (toBps <= FALL * fromBps) return "tell";
  return toBps >= RISE * fromBps && sinceMs >= RISE_APART_MS ? "tell" : "leave";
}
