import { backoffMs } from "../../protocol/backoff.ts";
import { type IceServer, isTurnUrl } from "../../protocol/ice.ts";
import { RETRY } from "./backoff.ts";

/** ICE servers as the edge granted them; times are those of the context's clock. */
export interface IceGrant {
  servers: IceServer[];
  grantedAtMs: number;
  /** When the first credential among them stops working; absent when none does. */
  expiresAtMs?: number;
  /** Set when a TURN server refused them before their time, as one whose clock was set does. */
  refused?: boolean;
}

/** When a relayed connection is replaced, as shares of what its credentials still live: spread, so that viewers differ. */
const RENEW_FROM = 0.5;
const RENEW_TO = 0.8;
/** An edge whose credentials live no time at all is not asked in a loop. */
const RENEW_SOONEST_MS = 2_000;
/** With less than this share of their life left, a new connection is not begun on them. */
const STALE_SHARE = 0.2;
/** Failed renewals are spread over the time that remains. */
const RETRY_SHARE = 0.1;
/** A refusal so soon after the grant is about the grant. */
const REFUSED_AT_ONCE_MS = 10_000;

/** A lifetime counts from the moment of asking or hearing, so that the browser's clock may be wrong. */
export function grant(servers: IceServer[], ttlMs: number | undefined, grantedAtMs: number): IceGrant {
  return { servers, grantedAtMs, expiresAtMs: ttlMs === undefined ? undefined : grantedAtMs + ttlMs };
}

/** Whether a connection that begins now should rather have other credentials. */
export function isStale({ grantedAtMs, expiresAtMs, refused }: IceGrant, nowMs: number): boolean {
  if (refused) return true;
  if (expiresAtMs === undefined) return false;
  return expiresAtMs - nowMs < STALE_SHARE * (expiresAtMs - grantedAtMs);
}

/**
 * The same grant after a TURN server said no to it. One that was granted just now is worth no other: the server and the
 * edge do not agree, and asking again would change nothing.
 */
export function refusedBy(grant: IceGrant, nowMs: number): IceGrant {
  return nowMs - grant.grantedAtMs < REFUSED_AT_ONCE_MS ? grant : { ...grant, refused: true };
}

/** Whether there is a TURN server among them. */
export function hasRelay({ servers }: IceGrant): boolean {
  return servers.some(({ urls }) => urls.some(isTurnUrl));
}

/**
 * What was asked for, unless what is here is worth more: relays that still work, for a list without any, as an edge gives
 * whose TURN service fails at that moment.
 */
export function worthTaking(before: IceGrant, asked: IceGrant | undefined, nowMs: number): IceGrant | undefined {
  if (!asked || hasRelay(asked) || !hasRelay(before) || before.refused) return asked;
  return before.expiresAtMs !== undefined && before.expiresAtMs > nowMs ? undefined : asked;
}

/** What a connection that begins on them knows of them. */
export function servedBy(grant: IceGrant): { iceGrantedAtMs: number; iceExpiresAtMs?: number; lacksRelay: boolean } {
  return { iceGrantedAtMs: grant.grantedAtMs, iceExpiresAtMs: grant.expiresAtMs, lacksRelay: !hasRelay(grant) };
}

/** When to replace a connection that lives on credentials which expire. */
export function renewalAtMs(expiresAtMs: number, nowMs: number, random: number): number {
  const share = RENEW_FROM + (RENEW_TO - RENEW_FROM) * random;
  return nowMs + Math.max(RENEW_SOONEST_MS, (expiresAtMs - nowMs) * share);
}

/** When to try again after `failures` renewals came to nothing. */
export function nextRenewalAtMs(expiresAtMs: number, failures: number, nowMs: number, random: number): number {
  return nowMs + Math.max(backoffMs(RETRY, failures, random), (expiresAtMs - nowMs) * RETRY_SHARE);
}
