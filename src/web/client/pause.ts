import type { Move } from "./move.ts";

/** The owner paused the camera: from now on missing frames are as they should be. */
export function pause({ model }: Move): void {
  model.paused = "held";
  if (!model.current) return;
  model.current.quiet = false;
  const { fault } = model.current;
  if (fault === "stalled" || fault === "silent") model.current.fault = undefined;
}

/** The owner resumed it: frames are missing again from now on. */
export function resume({ model, nowMs }: Move): void {
  if (model.paused !== "held") return;
  model.paused = model.current ? "resuming" : undefined;
  if (model.current) model.current.lastFrameAtMs = nowMs;
  if (model.next?.answeredAtMs !== undefined) model.next.answeredAtMs = nowMs;
}
