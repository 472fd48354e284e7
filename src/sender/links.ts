import type { CreateSession } from "../protocol/http.ts";
import type { Role } from "../protocol/ids.ts";
import { deriveLinkKeys, formatLink, hashToken } from "../protocol/link.ts";
import type { SendConfig } from "./config.ts";
import type { Identity } from "./identity.ts";
import type { Output, OutputEvent } from "./output.ts";

/** What the edge is to keep of a session: hashes, never a secret. */
export function sessionRequest(identity: Identity, config: SendConfig): CreateSession {
  return {
    id: identity.sessionId,
    senderToken: identity.senderToken,
    viewerTokenHash: linkTokenHash(identity, "viewer"),
    operatorTokenHash: linkTokenHash(identity, "operator"),
    ...(config.whep ? { whepTokenHash: hashToken(identity.whepToken) } : {}),
    ...(config.expiresMs !== undefined ? { ttlMs: config.expiresMs } : {}),
    ...(config.maxViewers !== undefined ? { maxViewers: config.maxViewers } : {}),
  };
}

export function linkTokenHash(identity: Identity, role: Role): string {
  return hashToken(deriveLinkKeys(identity.sessionId, role, secretOf(identity, role)).joinToken);
}

export function linkOf(identity: Identity, role: Role, origin: string): string {
  return formatLink({ origin, sessionId: identity.sessionId, role, secret: secretOf(identity, role) });
}

/** What a WHEP player needs. */
export function whepOf({ sessionId, whepToken }: Identity, origin: string): OutputEvent {
  return { event: "whep", url: `${origin}/api/sessions/${sessionId}/whep`, token: whepToken };
}

/** Prints the session's links. @param origins where the edge can be opened, the best first */
export function announce(identity: Identity, origins: readonly string[], config: SendConfig, output: Output): void {
  for (const origin of origins) output.emit({ event: "link", role: "viewer", url: linkOf(identity, "viewer", origin) });
  const [best] = origins;
  if (best === undefined) return;
  output.emit({ event: "link", role: "operator", url: linkOf(identity, "operator", best) });
  if (config.whep) output.emit(whepOf(identity, best));
  if (!config.lan) return;
  if (origins.length > 1) output.qr(linkOf(identity, "viewer", best));
  else output.note("No other network is up on this machine, so there is no link for one.");
}

function secretOf(identity: Identity, role: Role): string {
  return role === "viewer" ? identity.viewerSecret : identity.operatorSecret;
}
