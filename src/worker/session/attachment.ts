import * as v from "valibot";
import { Role, SenderInstance, ViewerId } from "../../protocol/ids.ts";
import { SenderReport } from "../../protocol/stream.ts";
import { Meter } from "./meter.ts";

/** What the edge must remember of one WebSocket while its object sleeps. At most 16 KiB once serialized. */

export const ViewerAttachment = v.object({
  kind: v.literal("viewer"),
  viewer: ViewerId,
  role: Role,
  connectedAtMs: v.number(),
  meter: Meter,
});
export type ViewerAttachment = v.InferOutput<typeof ViewerAttachment>;

export const SenderAttachment = v.object({
  kind: v.literal("sender"),
  instance: SenderInstance,
  connectedAtMs: v.number(),
  report: v.nullable(SenderReport),
});
export type SenderAttachment = v.InferOutput<typeof SenderAttachment>;

export const Attachment = v.variant("kind", [ViewerAttachment, SenderAttachment]);
export type Attachment = v.InferOutput<typeof Attachment>;
