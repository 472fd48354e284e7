import type { Role } from "../protocol/ids.ts";
import { deriveLinkKeys, type LinkKeys } from "../protocol/link.ts";
import type { Identity } from "./identity.ts";
import { hashSdpNatively, makeProofNatively, verifyProofNatively } from "./native-proof.ts";

const REMEMBERED_OFFERS = 4_096;

export type OfferVerdict =
  | { kind: "fresh"; role: Role; whep: boolean; prove(answerSdp: string): string | undefined }
  /** The same viewer sends the same offer again, its answer having been lost. */
  | { kind: "repeated" }
  | { kind: "refused" };

export interface ReceivedOffer {
  viewer: string;
  connection: number;
  sdp: string;
  proof?: string | undefined;
  /** From a standard WHEP player, which has no key to prove anything with. */
  whep?: boolean | undefined;
}

/**
 * Decides which offers come from a holder of a link. The role is that of the key that verifies, never what the edge
 * says; an offer counts once, while it is among the last {@link REMEMBERED_OFFERS}.
 */
export class Doorkeeper {
  readonly #sessionId: string;
  readonly #whep: boolean;
  readonly #lookAgain: () => void;
  #keys: LinkKeys[];
  readonly #seen = new Map<string, string>();

  /**
   * @param whep let players in that the edge alone vouches for, to view and no more
   * @param lookAgain whether the owner has made new links, before somebody is refused who may hold one
   */
  constructor(identity: Identity, whep: boolean, lookAgain: () => void = () => {}) {
    this.#lookAgain = lookAgain;
    this.#sessionId = identity.sessionId;
    this.#whep = whep;
    this.#keys = keysOf(identity);
  }

  /** Takes the owner's new links; the old ones open nothing from now on. */
  replaceLinks(identity: Identity): void {
    this.#keys = keysOf(identity);
  }

  judge(offer: ReceivedOffer): OfferVerdict {
    if (offer.whep && offer.proof === undefined) return this.#judgeWhep();
    const offerHash = hashSdpNatively(offer.sdp);
    const keys = this.#keysOf(offer, offerHash) ?? this.#newKeysOf(offer, offerHash);
    if (!keys) return { kind: "refused" };
    const from = `${offer.viewer} ${offer.connection}`;
    const seen = this.#seen.get(offerHash);
    if (seen !== undefined) return seen === from ? { kind: "repeated" } : { kind: "refused" };
    this.#remember(offerHash, from);
    const { role, proofKey } = keys;
    return {
      kind: "fresh",
      role,
      whep: false,
      prove: (sdp) =>
        makeProofNatively(proofKey, {
          sessionId: this.#sessionId,
          viewerId: offer.viewer,
          role,
          type: "answer",
          sdpHash: hashSdpNatively(sdp),
          offerHash,
        }),
    };
  }

  /** What tells the holders of each link that this text is the sender's, whoever they are. */
  vouch(text: string): Record<Role, string> {
    const sdpHash = hashSdpNatively(text);
    const input = { sessionId: this.#sessionId, viewerId: "", type: "standby", sdpHash } as const;
    const proofs = this.#keys.map(({ role, proofKey }) => [role, makeProofNatively(proofKey, { ...input, role })]);
    return Object.fromEntries(proofs) as Record<Role, string>;
  }

  #keysOf({ viewer, proof }: ReceivedOffer, sdpHash: string): LinkKeys | undefined {
    const input = { sessionId: this.#sessionId, viewerId: viewer, type: "offer", sdpHash } as const;
    return this.#keys.find(({ role, proofKey }) => verifyProofNatively(proofKey, { ...input, role }, proof));
  }

  #newKeysOf(offer: ReceivedOffer, sdpHash: string): LinkKeys | undefined {
    const before = this.#keys;
    if (offer.proof !== undefined) this.#lookAgain();
    return this.#keys === before ? undefined : this.#keysOf(offer, sdpHash);
  }

  #judgeWhep(): OfferVerdict {
    if (!this.#whep) return { kind: "refused" };
    return { kind: "fresh", role: "viewer", whep: true, prove: () => undefined };
  }

  #remember(offerHash: string, from: string): void {
    this.#seen.set(offerHash, from);
    const oldest = this.#seen.keys().next().value;
    if (this.#seen.size > REMEMBERED_OFFERS && oldest !== undefined) this.#seen.delete(oldest);
  }
}

function keysOf({ sessionId, viewerSecret, operatorSecret }: Identity): LinkKeys[] {
  return [deriveLinkKeys(sessionId, "viewer", viewerSecret), deriveLinkKeys(sessionId, "operator", operatorSecret)];
}
