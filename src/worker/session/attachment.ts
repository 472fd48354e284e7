import * as v from "valibot";
import { Role, SenderInstance, ViewerId } from "../../protocol/ids.ts";
import { OfferedStandby } from "../../protocol/standby.ts";
import { SenderReport } from "../../protocol/stream.ts";
import { CREDENTIALS_MAX, TurnCredential } from "../ice/ledger.ts";
import { Meter } from "./meter.ts";

/** What this socket's participant was granted and can be taken back. */
const turn = v.optional(v.pipe(v.array(TurnCredential), v.maxLength(CREDENTIALS_MAX)));

/** What the edge must remember of one WebSocket while its object sleeps. At most 16 KiB once serialized. */

export const ViewerAttachment = v.object({
  kind: v.literal("viewer"),
  viewer: ViewerId,
  role: Role,
  connectedAtMs: v.number(),
  meter: Meter,
  /** By the sender, and nothing was said by the viewer since, or answered to it. */
  givenUp: v.optional(v.literal(true)),
  turn,
});
export type ViewerAttachment = v.InferOutput<typeof ViewerAttachment>;

export const SenderAttachment = v.object({
  kind: v.literal("sender"),
  instance: SenderInstance,
  connectedAtMs: v.number(),
  report: v.nullable(SenderReport),
  /** For the next viewer who offers by HTTP. */
  standby: v.optional(OfferedStandby),
  /** For a sign of life, which has not come. */
  asked: v.optional(v.literal(true)),
  turn,
});
export type SenderAttachment = v.InferOutput<typeof SenderAttachment>;

export const Attachment = v.variant("kind", [ViewerAttachment, SenderAttachment]);
export type Attachment = v.InferOutput<typeof Attachment>;
