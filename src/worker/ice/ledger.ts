import * as v from "valibot";
import { Role } from "../../protocol/ids.ts";
import type { IceGrant } from "./provider.ts";

/** A TURN user name that its provider can revoke, kept only until it expires by itself. */
export const TurnCredential = v.object({ username: v.string(), expiresAtMs: v.number() });
export type TurnCredential = v.InferOutput<typeof TurnCredential>;

/** Per participant; each grant brings one or two, and a participant that flaps lets go of its oldest. */
export const CREDENTIALS_MAX = 8;
/** Participants whose credentials are remembered whatever becomes of their sockets. */
const HOLDERS_MAX = 256;

export function credentialsOf(grant: Pick<IceGrant, "revocable" | "expiresAtMs">): TurnCredential[] {
  const { expiresAtMs } = grant;
  return expiresAtMs === undefined ? [] : grant.revocable.map((username) => ({ username, expiresAtMs }));
}

/** The newest of both lists that still live, each once. */
export function mergeCredentials(before: TurnCredential[], added: TurnCredential[], nowMs: number): TurnCredential[] {
  const each = new Map([...before, ...added].map((credential) => [credential.username, credential]));
  return [...each.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs).slice(-CREDENTIALS_MAX);
}

/** Who holds credentials, with an open socket or without: a viewer, or the sender (`role: null`). */
const Holder = v.object({
  id: v.string(),
  role: v.nullable(v.picklist([...Role.options, "whep"])),
  credentials: v.array(TurnCredential),
});
export type Holder = v.InferOutput<typeof Holder>;

/** The one row that remembers them, oldest first. */
export const Ledger = v.array(Holder);
export type Ledger = v.InferOutput<typeof Ledger>;

export function keepInLedger(ledger: Ledger, holder: Holder, nowMs: number): Ledger {
  const before = ledger.find(({ id }) => id === holder.id)?.credentials ?? [];
  const others = ledger.filter(({ id }) => id !== holder.id).map((other) => alive(other, nowMs));
  const kept = { ...holder, credentials: mergeCredentials(before, holder.credentials, nowMs) };
  return [...others, kept].filter(({ credentials }) => credentials.length > 0).slice(-HOLDERS_MAX);
}

/** Whether it remembers all that this holder has and that still lives, so that it need not be written. */
export function isInLedger(ledger: Ledger, holder: Holder, nowMs: number): boolean {
  const kept = ledger.find(({ id }) => id === holder.id)?.credentials ?? [];
  return alive(holder, nowMs).credentials.every(({ username }) => kept.some((each) => each.username === username));
}

/** Splits off the holders that `leaves` names. */
export function takeFromLedger(ledger: Ledger, leaves: (holder: Holder) => boolean): { rest: Ledger; taken: string[] } {
  return {
    rest: ledger.filter((holder) => !leaves(holder)),
    taken: ledger.filter(leaves).flatMap(({ credentials }) => credentials.map(({ username }) => username)),
  };
}

function alive(holder: Holder, nowMs: number): Holder {
  return { ...holder, credentials: mergeCredentials(holder.credentials, [], nowMs) };
}
