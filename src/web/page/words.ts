import type { ViewerState } from "../client/index.ts";
import { REFUSALS } from "./refusals.ts";

/** How one state is put to a person. */
export interface Words {
  /** Beside the light. */
  status: string;
  /** The light's colour, by what it means. */
  tone: "live" | "busy" | "waiting" | "paused" | "ended" | "failed";
  /** The line in the middle of the window; none while live. */
  title?: string;
  detail?: string;
  /** When a retry button appears: at once, never, or after this many milliseconds in the state. */
  retryAfterMs?: number;
}

const RETRY_WHEN_SLOW_MS = 12_000;

const BY_STATE: Record<ViewerState["name"], Words> = {
  live: { status: "Live", tone: "live" },
  connecting: { status: "Connecting", tone: "busy", title: "Connecting", retryAfterMs: RETRY_WHEN_SLOW_MS },
  reconnecting: { status: "Reconnecting", tone: "busy", title: "Reconnecting", retryAfterMs: RETRY_WHEN_SLOW_MS },
  waiting: {
    status: "Waiting for the camera",
    tone: "waiting",
    title: "Waiting for the camera",
    retryAfterMs: RETRY_WHEN_SLOW_MS,
  },
  paused: { status: "Paused", tone: "paused", title: "The camera is paused" },
  ended: { status: "Ended", tone: "ended", title: "Ended", retryAfterMs: 0 },
  failed: { status: "Not connected", tone: "failed", title: "Something went wrong", retryAfterMs: 0 },
};

/** Where the page itself does not work, as in a browser that lacks what it is made of. */
export const BROKEN: Words = {
  ...BY_STATE.failed,
  detail: "This page does not work in this browser. Update it, or open the link in another.",
  retryAfterMs: undefined,
};

const RESUMING: Words = { status: "Resuming", tone: "busy", title: "The camera goes on" };

/** The page's words for a state: an error's own where there is one. */
export function wordsFor(state: ViewerState): Words {
  const { name, code, message } = state;
  const words = name === "paused" && state.resuming ? RESUMING : BY_STATE[name];
  if (!words.title) return words;
  const refusal = code && REFUSALS[code];
  return {
    ...words,
    status: refusal?.status ?? words.status,
    title: refusal?.title ?? words.title,
    detail: refusal?.detail ?? message,
    retryAfterMs: refusal?.final ? undefined : words.retryAfterMs,
  };
}
