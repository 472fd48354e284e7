import * as v from "valibot";

interface ErrorEntry {
  /** HTTP status. */
  status: number;
  /** WebSocket close code; 1009 is "message too big" of RFC 6455, 4xxx are Sightline's own. */
  close: number;
  message: string;
}

/**
 * Every error that crosses the wire: over HTTP as `{error:{code,message}}` with `status`, over a
 * WebSocket as an `error` message and then the close code. The message says what to do.
 */
export const ERRORS = {
  "bad-request": { status: 400, close: 4400, message: "The request is not well formed." },
  "invalid-json": { status: 400, close: 4400, message: "The message is not JSON." },
  "invalid-message": { status: 400, close: 4400, message: "The message does not fit its schema." },
  "unknown-type": { status: 400, close: 4400, message: "The message has a type this side does not know." },
  "version-unsupported": {
    status: 400,
    close: 4426,
    message: "This edge speaks another version of the protocol. Reload the page, or update the sender.",
  },
  unauthorized: {
    status: 401,
    close: 4401,
    message: "The link's secret is not valid for this session. Ask for the link again and copy all of it.",
  },
  "publish-key-refused": {
    status: 401,
    close: 4401,
    message:
      "The publish key is missing or wrong. Set SIGHTLINE_PUBLISH_KEY to the edge's: `sightline serve` prints which file it is in; on Cloudflare it is the secret PUBLISH_KEY.",
  },
  "publish-key-unset": {
    status: 403,
    close: 4403,
    message: "This edge has no publish key, so nobody may create sessions. Set one: wrangler secret put PUBLISH_KEY",
  },
  forbidden: { status: 403, close: 4403, message: "This token does not allow that." },
  "origin-refused": { status: 403, close: 4403, message: "Pages of this origin may not use this session." },
  "proof-refused": {
    status: 403,
    close: 4403,
    message: "The SDP's proof is missing or wrong: what arrived is not what the other end sent. Nothing was connected.",
  },
  "whep-off": {
    status: 403,
    close: 4403,
    message: "WHEP is off for this session. Its owner turns it on with --whep.",
  },
  kicked: {
    status: 403,
    close: 4430,
    message: "The owner removed you from this session.",
  },
  "link-rotated": {
    status: 403,
    close: 4431,
    message: "The owner replaced this link. Ask for the new one.",
  },
  "session-not-found": {
    status: 404,
    close: 4404,
    message: "There is no such session. Check the link, or start the sender again.",
  },
  "viewer-not-found": { status: 404, close: 4404, message: "There is no such viewer in this session." },
  "not-found": { status: 404, close: 4404, message: "There is nothing at this address." },
  "method-not-allowed": { status: 405, close: 4400, message: "This address does not take that method." },
  "not-acceptable": { status: 406, close: 4400, message: "Nothing this side can send fits what was asked for." },
  "session-exists": {
    status: 409,
    close: 4409,
    message:
      "This session id is taken by another sender. Choose another with --session. If it is yours, use the --state folder that made it, or end it with the publish key (DELETE /api/sessions/ID).",
  },
  conflict: { status: 409, close: 4409, message: "That cannot be done in the present state." },
  replaced: {
    status: 409,
    close: 4410,
    message: "A newer connection took this one's place.",
  },
  "session-ended": { status: 410, close: 4411, message: "The session has ended." },
  "precondition-failed": { status: 412, close: 4400, message: "The ETag does not match the present ICE session." },
  "message-too-large": { status: 413, close: 1009, message: "The message is too large." },
  "unsupported-media-type": { status: 415, close: 4400, message: "This address does not take that content type." },
  "ice-restart-refused": {
    status: 422,
    close: 4400,
    message:
      "This connection takes new ICE candidates but no ICE restart. It stays as it is; POST a new offer instead.",
  },
  "precondition-required": { status: 428, close: 4400, message: "Send If-Match with the ETag of the ICE session." },
  "rate-limited": { status: 429, close: 4429, message: "Too many requests. Wait a little and try again." },
  internal: { status: 500, close: 1011, message: "Something failed on the edge. Try again." },
  "session-full": {
    status: 503,
    close: 4503,
    message: "The session has as many viewers as its owner allows. Try again later.",
  },
  "sender-absent": {
    status: 503,
    close: 4504,
    message: "The camera is not connected. Start the sender, then try again.",
  },
  "sender-failed": {
    status: 502,
    close: 4502,
    message: "The camera's side could not answer this offer.",
  },
  "sender-silent": { status: 504, close: 4505, message: "The camera did not answer in time. Try again." },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
export const ErrorCode = v.picklist(Object.keys(ERRORS) as ErrorCode[]);

/** What a close code says that several errors share, where that is not the first of them. */
const SHARED_CLOSE: Partial<Record<number, ErrorCode>> = { [ERRORS.forbidden.close]: "forbidden" };

/** The code that a WebSocket was closed with, when it is one of ours. */
export function errorCodeOfClose(close: number): ErrorCode | undefined {
  if (SHARED_CLOSE[close]) return SHARED_CLOSE[close];
  return (Object.keys(ERRORS) as ErrorCode[]).find((code) => ERRORS[code].close === close && close >= 4000);
}

/** An error with a code of the table; `message` may say more than the table does, never a secret. */
export class SightlineError extends Error {
  override readonly name = "SightlineError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string = ERRORS[code].message, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get close(): number {
    return ERRORS[this.code].close;
  }

  toBody(): ErrorBody {
    return { error: { code: this.code, message: this.message } };
  }
}

export const ErrorBody = v.object({ error: v.object({ code: v.string(), message: v.string() }) });
export type ErrorBody = v.InferOutput<typeof ErrorBody>;
