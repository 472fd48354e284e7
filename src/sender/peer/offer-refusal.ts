import { type ErrorCode, SightlineError } from "../../protocol/errors.ts";

/** Why an offer is not answered, in a sentence for whoever made it. */
export interface OfferRefusal {
  code: ErrorCode;
  message: string;
}

/** @throws SightlineError `bad-request`: the fault is the offer's, and the same offer would be refused again */
export function refuseOffer(message: string): never {
  throw new SightlineError("bad-request", message);
}

/** What may be told of an error to who offered; `undefined` for one that nobody expected, whose text is not for strangers. */
export function refusalOf(error: unknown): OfferRefusal | undefined {
  return error instanceof SightlineError ? { code: error.code, message: error.message } : undefined;
}
