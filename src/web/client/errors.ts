import type { ErrorCode } from "../../protocol/errors.ts";

/** What a viewer may stop or wait on: a code of the wire's table, or what only a browser can lack or find out. */
export type ViewerErrorCode = ErrorCode | "webrtc-unsupported" | "no-path";

/** Why something stopped or is not yet possible, with a sentence for people. */
export interface Notice {
  code: ViewerErrorCode;
  message: string;
}

/** The browser itself forbids it, before the edge is asked: Chromium throws for mixed content. */
export const SOCKET_FORBIDDEN: Notice = {
  code: "origin-refused",
  message: "The browser does not let this page reach the link's edge. A page on https reaches only an edge on https.",
};

export const NO_WEBRTC: Notice = {
  code: "webrtc-unsupported",
  message: "This browser has no WebRTC, or it is turned off. Open the link in another browser.",
};

/** It makes no connection now; it may when others were closed. */
export const CONNECTION_REFUSED: Notice = {
  code: "webrtc-unsupported",
  message:
    "The browser makes no WebRTC connection. It may be turned off in its settings, or too many pages hold one: close some. This page keeps trying.",
};

/** Firefox fetches its own some time after it is installed, so that it is tried again. */
export const NO_H264: Notice = {
  code: "webrtc-unsupported",
  message: "This browser cannot play H.264 video, which cameras send. Open the link in another browser.",
};

const ENDED: readonly ViewerErrorCode[] = ["session-ended", "kicked", "link-rotated"];
const FAILED: readonly ViewerErrorCode[] = [
  "unauthorized",
  "version-unsupported",
  "proof-refused",
  "forbidden",
  "origin-refused",
  "webrtc-unsupported",
];
/** Worth asking about again, though not often: the owner has to do something first. */
const PATIENT: readonly ViewerErrorCode[] = ["session-not-found", "session-full", "rate-limited"];

/** Whether trying again by itself could help: `ended` and `failed` wait for a person, `patient` is retried slowly. */
export function severity(code: ViewerErrorCode): "ended" | "failed" | "patient" | "retry" {
  if (ENDED.includes(code)) return "ended";
  if (FAILED.includes(code)) return "failed";
  return PATIENT.includes(code) ? "patient" : "retry";
}
