import type { Role } from "../protocol/ids.ts";
import { deriveLinkKeys, type LinkKeys } from "../protocol/link.ts";
import { hashSdp, makeProof, verifyProof } from "../protocol/proof.ts";
import type { Identity } from "./identity.ts";

const REMEMBERED_OFFERS = 4_096;

export type OfferVerdict =
  | { kind: "fresh"; role: Role; offerHash: string; prove(answerSdp: string): string }
  /** The same viewer sends the same offer again, its answer having been lost. */
  | { kind: "repeated"; offerHash: string }
  | { kind: "refused" };

export interface ReceivedOffer {
  viewer: string;
  connection: number;
  sdp: string;
  proof?: string | undefined;
}

/**
 * Decides which offers come from a holder of a link. The role is that of the key that verifies, never what the edge
 * says; an offer counts once.
 */
export class Doorkeeper {
  readonly #sessionId: string;
  readonly #keys: LinkKeys[];
  readonly #seen = new Map<string, string>();

  constructor({ sessionId, viewerSecret, operatorSecret }: Identity) {
    this.#sessionId = sessionId;
    this.#keys = [
      deriveLinkKeys(sessionId, "viewer", viewerSecret),
      deriveLinkKeys(sessionId, "operator", operatorSecret),
    ];
  }

  judge(offer: ReceivedOffer): OfferVerdict {
    const common = { sessionId: this.#sessionId, viewerId: offer.viewer, sdp: offer.sdp };
    const keys = this.#keys.find(({ role, proofKey }) =>
      verifyProof(proofKey, { ...common, role, type: "offer" }, offer.proof),
    );
    if (!keys) return { kind: "refused" };
    const offerHash = hashSdp(offer.sdp);
    const from = `${offer.viewer} ${offer.connection}`;
    const seen = this.#seen.get(offerHash);
    if (seen !== undefined) return seen === from ? { kind: "repeated", offerHash } : { kind: "refused" };
    this.#remember(offerHash, from);
    const { role, proofKey } = keys;
    return {
      kind: "fresh",
      role,
      offerHash,
      prove: (sdp) =>
        makeProof(proofKey, {
          sessionId: this.#sessionId,
          viewerId: offer.viewer,
          role,
          type: "answer",
          sdp,
          offerHash,
        }),
    };
  }

  #remember(offerHash: string, from: string): void {
    this.#seen.set(offerHash, from);
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > REMEMBERED_OFFERS && oldest !== undefined) this.#seen.delete(oldest);
  }
}
