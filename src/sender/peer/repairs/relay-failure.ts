import { Message } from "werift";
import type { TurnServer } from "../ice-urls.ts";

/** Which server gave no relay and why, for people: `turn.example.com:3478 by UDP did not answer`. Never a credential. */
export function relayFailure({ host, port, transport }: TurnServer, error: unknown): string {
  return `${host}:${port} by ${transport.toUpperCase()} ${reasonOf(error)}`;
}

function reasonOf(error: unknown): string {
  // werift hands the server's refusal on under this name, and does not export the error's class.
  const answer: unknown = error instanceof Error ? Reflect.get(error, "response") : undefined;
  if (!(answer instanceof Message)) return "did not answer";
  const value: unknown = answer.getAttributeValue("ERROR-CODE");
  // RFC 8489 14.8, RFC 8656 15: 401 for credentials, 486 for a quota.
  return Array.isArray(value) ? `refused with ${Number(value[0])}` : "refused";
}
