import * as v from "valibot";
import { Proof, random128 } from "./ids.ts";

/**
 * A connection that the sender has ready before anybody asks. A viewer who is told of it looks for a path to it while its
 * own offer is on the way.
 */

export const StandbyId = random128("A standby id");

/** JSON of a {@link StandbyTransport}, opaque to the edge. */
const StandbyText = v.pipe(v.string(), v.minLength(2), v.maxLength(4_096));

/** What the sender leaves with the edge: one proof for the holders of each link. */
export const OfferedStandby = v.object({
  id: StandbyId,
  text: StandbyText,
  proofs: v.object({ viewer: Proof, operator: Proof }),
});
export type OfferedStandby = v.InferOutput<typeof OfferedStandby>;

/** What one viewer gets of it. */
export const HandedStandby = v.object({ text: StandbyText, proof: Proof });
export type HandedStandby = v.InferOutput<typeof HandedStandby>;

/** The sender's end of the connection, as its answer will say it too. */
export interface StandbyTransport {
  usernameFragment: string;
  password: string;
  /** Of the certificate, with its algorithm (RFC 8122). */
  fingerprint: string;
  /** As candidate lines (RFC 8839), without `candidate:` before them. */
  candidates: readonly string[];
  /** Of pictures, and of what is sent again. */
  ssrcs: readonly [media: number, rtx: number];
}
