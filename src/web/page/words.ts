import type { ViewerState } from "../client/index.ts";

/** How one state is put to a person. */
export interface Words {
  /** Beside the light. */
  status: string;
  /** The light's colour, by what it means. */
  tone: "live" | "busy" | "waiting" | "ended" | "failed";
  /** The line in the middle of the window; none while live. */
  title?: string;
  detail?: string;
  /** When a retry button appears: at once, never, or after this many milliseconds in the state. */
  retryAfterMs?: number;
}

const RETRY_WHEN_SLOW_MS = 12_000;

const TITLES: Partial<Record<string, string>> = {
  unauthorized: "This link does not open the camera",
  forbidden: "This link does not open the camera",
  "proof-refused": "The connection was refused",
  "version-unsupported": "This page is out of date",
  "webrtc-unsupported": "This browser cannot show it",
  "bad-request": "This link is incomplete",
  kicked: "You were removed",
  "link-rotated": "This link was replaced",
  "session-ended": "The session has ended",
  "session-not-found": "No such session yet",
  "session-full": "The session is full",
};

/** Where the title already says all of the library's sentence. */
const DETAILS: Partial<Record<string, string>> = {
  "session-ended": "Its owner ended it, or its time ran out. To watch again, ask for a new link.",
  "session-full": "It has as many viewers as its owner allows. You are let in as soon as one leaves.",
};

/** The page's words for a state. Sentences come from the library, which knows what to do about each error. */
export function wordsFor(state: ViewerState): Words {
  const title = state.code && TITLES[state.code];
  const detail = (state.code && DETAILS[state.code]) ?? state.message;
  switch (state.name) {
    case "live":
      return { status: "Live", tone: "live" };
    case "connecting":
      return {
        status: "Connecting",
        tone: "busy",
        title: title ?? "Connecting",
        detail,
        retryAfterMs: RETRY_WHEN_SLOW_MS,
      };
    case "reconnecting":
      return {
        status: "Reconnecting",
        tone: "busy",
        title: title ?? "Reconnecting",
        detail,
        retryAfterMs: RETRY_WHEN_SLOW_MS,
      };
    case "waiting":
      return {
        status: "Waiting for the camera",
        tone: "waiting",
        title: title ?? "Waiting for the camera",
        detail,
        retryAfterMs: RETRY_WHEN_SLOW_MS,
      };
    case "ended":
      return { status: "Ended", tone: "ended", title: title ?? "Ended", detail, retryAfterMs: 0 };
    case "failed":
      return {
        status: "Not connected",
        tone: "failed",
        title: title ?? "Something went wrong",
        detail,
        retryAfterMs: 0,
      };
  }
}
