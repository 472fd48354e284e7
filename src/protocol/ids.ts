import * as v from "valibot";
import { randomToken } from "./bytes.ts";

/** A session's name in links and storage: chosen by its owner or made by {@link makeSessionId}. */
export const SessionId = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{3,64}$/, "A session id has 3 to 64 characters out of A-Z a-z 0-9 _ -"),
);

/** What is `what` and 128 random bits, such as `randomToken(16)` makes. */
export const random128 = (what: string) =>
  v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/, `${what} is 128 bits in base64url`));

/** 128 random bits that a page makes for itself; with a join token it authorises that viewer's resume and leave. */
export const ViewerId = random128("A viewer id");

/** 128 random bits, new for each sender process, so that a page can tell a restart from a reconnect. */
export const SenderInstance = random128("A sender instance");

/** SHA-256 of a token, base64url. */
export const TokenHash = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "A token hash is SHA-256 in base64url"));

/** See proof.ts. */
export const Proof = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "A proof is HMAC-SHA-256 in base64url"));

/** What a bearer may present: long enough not to be guessed, short enough for a header. */
export const Token = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_-]{22,128}$/, "A token is 22 to 128 base64url characters"),
);

export const Role = v.picklist(["viewer", "operator"]);
export type Role = v.InferOutput<typeof Role>;

/** `session-YYYYMMDD-HHMMSS-xxxxxxxx` in UTC, the tail being 32 random bits in hex. */
export function makeSessionId(now: Date): string {
  const [date, time] = now.toISOString().slice(0, 19).replaceAll("-", "").replaceAll(":", "").split("T");
  const tail = Array.from(crypto.getRandomValues(new Uint8Array(4)), (b) => b.toString(16).padStart(2, "0")).join("");
  return `session-${date}-${time}-${tail}`;
}

/** Whether {@link makeSessionId} made it, as far as one can see. */
export function isMadeUpSessionId(id: string): boolean {
  return /^session-\d{8}-\d{6}-[0-9a-f]{8}$/.test(id);
}

export function isSessionId(text: string): boolean {
  return v.is(SessionId, text);
}

export function makeViewerId(): string {
  return randomToken(16);
}

export function makeSenderInstance(): string {
  return randomToken(16);
}
