import * as v from "valibot";
import { utf8 } from "./bytes.ts";
import { SightlineError } from "./errors.ts";
import { MESSAGE_MAX_BYTES } from "./limits.ts";

type Schema = v.GenericSchema<unknown, unknown>;

/**
 * Reads one message from a peer that is not trusted: size cap, then JSON, then schema.
 * @param raw the frame as it came; binary frames are refused
 * @throws SightlineError `message-too-large`, `invalid-json`, `unknown-type` or `invalid-message`
 */
export function decode<S extends Schema>(schema: S, raw: unknown, maxBytes = MESSAGE_MAX_BYTES): v.InferOutput<S> {
  if (typeof raw !== "string") throw new SightlineError("invalid-json", "Messages are JSON text, not binary.");
  // A UTF-16 unit is at most three bytes of UTF-8, so only texts near the cap are measured exactly.
  if (raw.length > maxBytes || (raw.length * 3 > maxBytes && utf8(raw).length > maxBytes)) {
    throw new SightlineError("message-too-large", `The message is larger than ${maxBytes} bytes.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    // Without its cause, which quotes what it could not read.
    throw new SightlineError("invalid-json");
  }
  return check(schema, json);
}

/** The schema step of {@link decode} alone, for values that are already parsed. */
export function check<S extends Schema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = v.getDotPath(issue);
  if (issue.type === "variant" && path === "type") {
    throw new SightlineError("unknown-type", "The message has no type that this side knows.");
  }
  // Only the place and the expectation: what was received may hold a secret.
  throw new SightlineError(
    "invalid-message",
    `The message does not fit its schema${path ? ` at "${path.slice(0, 80)}"` : ""}: expected ${expectation(issue)}.`,
  );
}

function expectation(issue: v.BaseIssue<unknown>): string {
  return (issue.expected ?? issue.requirement?.toString() ?? "something else").slice(0, 120);
}

export function encode(message: object): string {
  return JSON.stringify(message);
}
