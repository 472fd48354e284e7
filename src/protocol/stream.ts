import * as v from "valibot";
import { BitrateBps, FramesPerSecond, PixelCount } from "./units.ts";

/** What the session's owner may ask of the stream while it runs; an absent field leaves the sender's own choice. */
export const StreamParameters = v.object({
  bitrateBps: v.optional(BitrateBps),
  fps: v.optional(FramesPerSecond),
  width: v.optional(PixelCount),
  height: v.optional(PixelCount),
  paused: v.optional(v.boolean()),
});
export type StreamParameters = v.InferOutput<typeof StreamParameters>;

/** `PATCH /api/sessions/ID`: `null` takes back what was asked for, an absent field leaves it (RFC 7396). */
export const PatchParameters = v.object({
  bitrateBps: v.optional(v.nullable(BitrateBps)),
  fps: v.optional(v.nullable(FramesPerSecond)),
  width: v.optional(v.nullable(PixelCount)),
  height: v.optional(v.nullable(PixelCount)),
  paused: v.optional(v.nullable(v.boolean())),
} satisfies Record<keyof StreamParameters, v.GenericSchema>);
export type PatchParameters = v.InferOutput<typeof PatchParameters>;

/** What is asked for from then on. */
export function patchParameters(before: StreamParameters, patch: PatchParameters): StreamParameters {
  const asked = Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(asked);
}

export const CameraReport = v.object({
  /** Told to the owner alone. */
  name: v.optional(v.pipe(v.string(), v.maxLength(200))),
  width: PixelCount,
  height: PixelCount,
  fps: FramesPerSecond,
  encoder: v.pipe(v.string(), v.maxLength(64)),
});

/** What the sender says of itself: when it joins, and when that changes. */
export const SenderReport = v.object({
  cameras: v.pipe(v.array(CameraReport), v.maxLength(16)),
  /** The parameters in force now. */
  parameters: StreamParameters,
});
export type SenderReport = v.InferOutput<typeof SenderReport>;
