import type { ErrorCode } from "../../protocol/errors.ts";
import type { Operation } from "./operations.ts";

/** Every error that a call may be answered with, except that the edge itself fails (`internal`). */
export function errorsOf(route: string, operation: Operation): ErrorCode[] {
  const { token, body, query, errors = [] } = operation;
  const codes = new Set<ErrorCode>([...errors, "rate-limited"]);
  if (body) codes.add("message-too-large");
  if (query) codes.add("invalid-message");
  if (Object.values(body ?? {}).some((schema) => schema !== null)) codes.add("invalid-json").add("invalid-message");
  if (token === "the publish key") codes.add("publish-key-refused").add("publish-key-unset");
  else if (token) codes.add("unauthorized").add("session-not-found");
  if (token && token !== "the publish key" && token !== "any of the session's") codes.add("forbidden");
  if (token === "the WHEP one") codes.add("whep-off");
  if (token && /:(viewer|resource)$/.test(route)) codes.add("viewer-not-found");
  return [...codes];
}
