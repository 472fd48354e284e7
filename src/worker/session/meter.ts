import * as v from "valibot";
import {
  CANDIDATES_MAX,
  VIEWER_MESSAGES_MAX,
  VIEWER_MESSAGES_WINDOW_MS,
  VIEWER_OFFERS_MAX,
} from "../../protocol/limits.ts";

/** How much one viewer sent and was sent lately. */
export const Meter = v.object({
  windowStartMs: v.number(),
  messages: v.number(),
  /** Of those messages. */
  offers: v.number(),
  /** Candidates since this viewer's last offer, by the viewer and to it. */
  candidatesSent: v.number(),
  candidatesReceived: v.number(),
});
export type Meter = v.InferOutput<typeof Meter>;

export function newMeter(nowMs: number): Meter {
  return { windowStartMs: nowMs, messages: 0, offers: 0, candidatesSent: 0, candidatesReceived: 0 };
}

/** Counts one frame of a viewer, before anything else is done with it. */
export function meterFrame(meter: Meter, nowMs: number): { meter: Meter; allowed: boolean } {
  // A window that lies ahead is from before the clock was set back.
  const fresh = Math.abs(nowMs - meter.windowStartMs) >= VIEWER_MESSAGES_WINDOW_MS;
  const messages = fresh ? 1 : meter.messages + 1;
  return {
    meter: { ...meter, messages, offers: fresh ? 0 : meter.offers, windowStartMs: fresh ? nowMs : meter.windowStartMs },
    allowed: messages <= VIEWER_MESSAGES_MAX,
  };
}

/** Counts an offer that came by HTTP. */
export function meterOffer(meter: Meter, nowMs: number): { meter: Meter; allowed: boolean } {
  return meterMessage(meterFrame(meter, nowMs).meter, "offer");
}

/** Counts what a viewer's message means for its candidates; an offer starts over. */
export function meterMessage(meter: Meter, type: string): { meter: Meter; allowed: boolean } {
  if (type === "offer") {
    const offers = meter.offers + 1;
    return {
      meter: { ...meter, offers, candidatesSent: 0, candidatesReceived: 0 },
      allowed: offers <= VIEWER_OFFERS_MAX,
    };
  }
  if (type !== "candidate") return { meter, allowed: true };
  const candidatesSent = meter.candidatesSent + 1;
  return { meter: { ...meter, candidatesSent }, allowed: candidatesSent <= CANDIDATES_MAX };
}

/** Counts a candidate on its way to the viewer. */
export function meterCandidateToViewer(meter: Meter): { meter: Meter; allowed: boolean } {
  const candidatesReceived = meter.candidatesReceived + 1;
  return { meter: { ...meter, candidatesReceived }, allowed: candidatesReceived <= CANDIDATES_MAX };
}
