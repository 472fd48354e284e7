import * as v from "valibot";
import { SightlineError } from "../../protocol/errors.ts";
import { TokenHash } from "../../protocol/ids.ts";
import { equalHashes } from "./record.ts";

/**
 * For so long an ended session remembers whose it was. Its sender may have been offline when the owner ended it, and
 * would otherwise make it again when it is back, with the links that were to die.
 */
export const ENDED_MS = 2_592_000_000;

/** What is left of a session that its owner ended. One that ended by its age leaves nothing. */
export const Tombstone = v.object({ senderTokenHash: TokenHash, endedAtMs: v.number() });
export type Tombstone = v.InferOutput<typeof Tombstone>;

/** When it is cleared, milliseconds since the Unix epoch. */
export function clearedAtMs({ endedAtMs }: Tombstone): number {
  return endedAtMs + ENDED_MS;
}

/** @throws SightlineError `session-ended` to the sender whose session it was; the id is free for any other */
export function requireOther(tombstone: Tombstone, senderTokenHash: string, nowMs: number): void {
  if (nowMs >= clearedAtMs(tombstone) || !equalHashes(tombstone.senderTokenHash, senderTokenHash)) return;
  throw new SightlineError("session-ended");
}
