import type { ViewerErrorCode } from "../client/index.ts";

/** What a person who watches is told about an error. */
interface Refusal {
  /** In place of the state's own word beside the light. */
  status?: string;
  title: string;
  /** What to do; the library's sentence when absent. */
  detail?: string;
  /** True where trying again cannot help, so that no button invites to it. */
  final?: boolean;
}

const TRY_LATER = "This page keeps trying. If it goes on, tell the camera's owner.";

/** Codes that no page should meet: they answer other requests, or this page and its server are of two versions. */
const UNEXPECTED: Refusal = {
  title: "Something went wrong",
  detail: "The server did not accept what this page asked. Reload it; if that does not help, tell the camera's owner.",
};

/** Every code has its words, so that one that is added to the table is not forgotten here. */
export const REFUSALS: Record<ViewerErrorCode, Refusal> = {
  unauthorized: {
    title: "This link does not open the camera",
    detail: "A part of it is missing, or its owner replaced it. Ask for the link again and copy all of it.",
  },
  forbidden: {
    title: "This link does not open the camera",
    detail: "It does not allow watching. Ask the camera's owner for a link that does.",
  },
  "bad-request": { title: "The camera could not connect" },
  "proof-refused": {
    title: "The connection was refused",
    detail:
      "What arrived is not what the other end sent, so nothing was connected. Try another network, and tell the camera's owner.",
  },
  "origin-refused": {
    title: "This site may not show the camera",
    detail: "Open the link itself in a new tab, or ask the camera's owner to allow this site.",
  },
  "version-unsupported": {
    title: "This page is out of date",
    detail: "The server has been updated since it was opened. Reload the page.",
    final: true,
  },
  "no-path": { title: "No way to the camera yet" },
  "webrtc-unsupported": { title: "This browser cannot show it", final: true },
  kicked: {
    title: "You were removed",
    detail: "The camera's owner removed you. To watch again, ask them.",
    final: true,
  },
  "link-rotated": {
    title: "This link was replaced",
    detail: "The camera's owner made a new one, and this one no longer works. Ask them for it.",
    final: true,
  },
  "session-ended": {
    title: "The session has ended",
    detail: "Its owner ended it, or its time ran out. To watch again, ask for a new link.",
  },
  "session-not-found": { title: "No such session yet" },
  "session-full": {
    status: "Waiting for a place",
    title: "The session is full",
    detail: "It has as many viewers as its owner allows. You are let in as soon as one leaves.",
  },
  "rate-limited": {
    status: "Waiting a moment",
    title: "Too many tries at once",
    detail:
      "The server takes no more from this network for now. This page tries again by itself; there is no need to reload.",
  },
  "sender-absent": {
    title: "Waiting for the camera",
    detail: "It is not here now. The picture appears when it comes.",
  },
  "sender-silent": { title: "The camera does not answer", detail: TRY_LATER },
  "sender-failed": { title: "The camera could not connect", detail: TRY_LATER },
  internal: { title: "The server has a problem", detail: TRY_LATER },
  replaced: {
    title: "Connected from elsewhere",
    detail: "A newer connection took this one's place. Reload the page to watch here.",
  },
  "message-too-large": UNEXPECTED,
  "invalid-json": UNEXPECTED,
  "invalid-message": UNEXPECTED,
  "unknown-type": UNEXPECTED,
  "publish-key-refused": UNEXPECTED,
  "publish-key-unset": UNEXPECTED,
  "whep-off": UNEXPECTED,
  "viewer-not-found": UNEXPECTED,
  "not-found": UNEXPECTED,
  "method-not-allowed": UNEXPECTED,
  "not-acceptable": UNEXPECTED,
  "session-exists": UNEXPECTED,
  conflict: UNEXPECTED,
  "precondition-failed": UNEXPECTED,
  "precondition-required": UNEXPECTED,
  "unsupported-media-type": UNEXPECTED,
  "ice-restart-refused": UNEXPECTED,
};
