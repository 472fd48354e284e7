import * as v from "valibot";
import type { IceSettings } from "../ice/config.ts";
import {
  credentialsOf,
  type Holder,
  isInLedger,
  keepInLedger,
  Ledger,
  mergeCredentials,
  type TurnCredential,
  takeFromLedger,
} from "../ice/ledger.ts";
import type { IceGrant } from "../ice/provider.ts";
import { revokeTurn } from "../ice/revoke.ts";
import type { Attachment } from "./attachment.ts";
import type { Bearer } from "./record.ts";
import { attachmentOf } from "./sockets.ts";

const LEDGER_KEY = "turn";
const SENDER = "sender";

/**
 * The TURN credentials a session handed out and can take back: in the attachment of the socket that got them, and in
 * one row, because a lost socket says nothing about the media, and an edge that starts again has lost all of them. No row
 * is ever written unless a provider can revoke.
 */
export class TurnCredentials {
  readonly #ctx: DurableObjectState;
  readonly #settings: IceSettings;

  constructor(ctx: DurableObjectState, settings: IceSettings) {
    this.#ctx = ctx;
    this.#settings = settings;
  }

  /** The newcomer's attachment, with what it was granted and what the sockets it replaces held. */
  remembered<A extends Attachment>(newcomer: A, replaced: readonly Attachment[], grant: IceGrant, nowMs: number): A {
    const before = replaced.flatMap(({ turn }) => turn ?? []);
    const added = credentialsOf(grant);
    const attachment = withCredentials(newcomer, mergeCredentials(before, added, nowMs));
    if (added.length > 0) this.#keep(holderOf(attachment), nowMs);
    return attachment;
  }

  /** Remembers a grant that came without a new socket, with the participant's open one if there is one. */
  remember(as: Bearer, viewer: string | undefined, grant: IceGrant, nowMs: number): void {
    const credentials = credentialsOf(grant);
    if (credentials.length === 0) return;
    const role = as === "sender" ? null : as;
    const tag = role === null ? SENDER : `viewer:${viewer}`;
    const socket = this.#ctx.getWebSockets(tag).find((each) => attachmentOf(each) !== undefined);
    const attachment = socket && attachmentOf(socket);
    if (socket && attachment) {
      const merged = mergeCredentials(attachment.turn ?? [], credentials, nowMs);
      socket.serializeAttachment(withCredentials(attachment, merged));
    }
    this.#keep({ id: role === null ? SENDER : (viewer ?? anonymous(role)), role, credentials }, nowMs);
  }

  /** The socket is gone, the media perhaps not: what the row has forgotten of it stands there again. */
  socketGone(gone: Attachment, nowMs: number): void {
    this.#keep(holderOf(gone), nowMs);
  }

  /** The viewer left for good. */
  revokeViewer(viewer: string): void {
    this.#revoke(this.#ctx.getWebSockets(`viewer:${viewer}`), ({ id }) => id === viewer);
  }

  /** Links of these roles were replaced. */
  revokeRoles(roles: readonly string[]): void {
    if (roles.length === 0) return;
    this.#revoke(this.#ctx.getWebSockets("viewer"), ({ role }) => role !== null && roles.includes(role));
  }

  revokeAll(): void {
    this.#revoke(this.#ctx.getWebSockets(), () => true);
  }

  /** Takes a grant back that nobody received. */
  discard(grant: IceGrant): void {
    this.#send(grant.revocable);
  }

  #revoke(sockets: WebSocket[], leaves: (holder: Holder) => boolean): void {
    const { rest, taken } = takeFromLedger(this.#ledger(), leaves);
    if (taken.length > 0) this.#store(rest);
    for (const socket of sockets) {
      const attachment = attachmentOf(socket);
      if (!attachment?.turn || !leaves(holderOf(attachment))) continue;
      taken.push(...attachment.turn.map(({ username }) => username));
      socket.serializeAttachment(withCredentials(attachment, []));
    }
    this.#send(taken);
  }

  #send(usernames: string[]): void {
    const each = [...new Set(usernames)];
    if (each.length > 0) this.#ctx.waitUntil(revokeTurn(this.#settings, each));
  }

  #keep(holder: Holder, nowMs: number): void {
    if (holder.credentials.length === 0) return;
    const ledger = this.#ledger();
    if (!isInLedger(ledger, holder, nowMs)) this.#store(keepInLedger(ledger, holder, nowMs));
  }

  #ledger(): Ledger {
    const row = this.#ctx.storage.kv.get(LEDGER_KEY);
    return row === undefined ? [] : v.parse(Ledger, row);
  }

  #store(ledger: Ledger): void {
    if (ledger.length > 0) this.#ctx.storage.kv.put(LEDGER_KEY, ledger);
    else this.#ctx.storage.kv.delete(LEDGER_KEY);
  }
}

/** Holds what was granted to nobody in particular; it goes with the role's link, or the session. */
function anonymous(role: string): string {
  return `anonymous ${role}`;
}

function holderOf(attachment: Attachment): Holder {
  const credentials = attachment.turn ?? [];
  if (attachment.kind === "sender") return { id: SENDER, role: null, credentials };
  return { id: attachment.viewer, role: attachment.role, credentials };
}

function withCredentials<A extends Attachment>(attachment: A, turn: TurnCredential[]): A {
  const { turn: _before, ...rest } = attachment;
  return (turn.length > 0 ? { ...rest, turn } : rest) as A;
}
