import { DurableObject } from "cloudflare:workers";
import type { CreatedSession, IceReply, RotateLinks, SessionStatus } from "../../protocol/http.ts";
import { PING, PONG } from "../../protocol/limits.ts";
import type { PostedAnswer, PostOffer } from "../../protocol/offer.ts";
import { type PatchParameters, patchParameters } from "../../protocol/stream.ts";
import { unregister } from "../directory/client.ts";
import type { Env } from "../env.ts";
import { grantIce } from "../ice/grant.ts";
import { welcomeFields } from "../ice/offers.ts";
import type { IceGrant } from "../ice/provider.ts";
import { admitSocket } from "./admission.ts";
import * as broker from "./broker.ts";
import { HttpCalls, type WhepAnswer, type WhepOffer, type WhepPatch } from "./http-calls.ts";
import { HttpViewers } from "./http-viewers.ts";
import { Kicks } from "./kicks.ts";
import * as owner from "./owner-acts.ts";
import { perform } from "./perform.ts";
import { Presence, question, seenAgain, unasked } from "./presence.ts";
import { RecentMeters } from "./recent-meters.ts";
import {
  type Caller,
  type Creation,
  hasExpired,
  newRecord,
  requireMember,
  requireOwner,
  resumeRecord,
  rotatedRoles,
  rotateRecord,
  type SessionRecord,
} from "./record.ts";
import { RecordStore } from "./record-store.ts";
import { type Reply, refusal, reply, replyLater } from "./reply.ts";
import type { Roster } from "./roster.ts";
import { attachmentOf, socketRoster } from "./sockets.ts";
import { statusOf } from "./status.ts";
import { TurnCredentials } from "./turn-credentials.ts";

/**
 * One session: the sockets of its sender and viewers, and one row on disk. A thin shell that reads state, asks the
 * broker and does what it says. What stands in memory may be lost at any time: it belongs to open requests, or comes
 * again.
 */
export class Session extends DurableObject<Env> {
  readonly #turn = new TurnCredentials(this.ctx, this.env);
  readonly #http = new HttpViewers(this.ctx.storage.kv);
  readonly #records = new RecordStore(this.ctx.storage);
  readonly #presence = new Presence<WebSocket>();
  readonly #host = {
    ctx: this.ctx,
    settings: this.env,
    turn: this.#turn,
    http: this.#http,
    kicks: new Kicks(this.ctx.storage.kv),
    meters: new RecentMeters(),
    // Also of a session that has expired and whose alarm is late.
    sessionId: () => this.#records.stored()?.id ?? "",
    record: () => this.#record(),
    records: this.#records,
    roster: () => this.#roster(),
    perform: (actions: broker.Action<WebSocket>[]) => this.#do(actions),
  };
  readonly #calls = new HttpCalls({
    ...this.#host,
    viewers: this.#http,
    grant: (viewer) => grantIce(this.env, { sessionId: this.#record().id, as: "viewer", viewer }, Date.now()),
    remember: (viewer, as, grant) => this.#turn.remember(as, viewer, grant, Date.now()),
    discard: (grant) => this.#turn.discard(grant),
  });

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  async create(creation: Creation): Promise<Reply<CreatedSession & { resumed: boolean }>> {
    return reply(() => {
      const nowMs = Date.now();
      const stored = this.#records.stored();
      let before = stored && hasExpired(stored, nowMs) ? this.#end() : stored;
      let record = before ? resumeRecord(before, creation) : newRecord(creation, nowMs);
      if (before && hasExpired(record, nowMs)) {
        before = this.#end();
        record = newRecord(creation, nowMs);
      }
      this.#store(record, before);
      const { id, createdAtMs, expiresAtMs } = record;
      const left = expiresAtMs === null ? {} : { expiresInMs: expiresAtMs - nowMs };
      return { id, createdAtMs, expiresAtMs, ...left, resumed: before !== undefined };
    });
  }

  async status(caller: Caller): Promise<Reply<SessionStatus>> {
    return reply(() => {
      const record = this.#record();
      return statusOf(record, this.#roster(), requireMember(record, caller), Date.now());
    });
  }

  /** @param viewer whom the credentials are for, when the caller says so; they are revoked with it */
  async ice(caller: Caller, viewer?: string): Promise<Reply<IceReply>> {
    let grant: IceGrant | undefined;
    try {
      const as = requireMember(this.#record(), caller);
      const request = { sessionId: this.#record().id, as: as === "sender" ? as : ("viewer" as const), viewer };
      grant = await grantIce(this.env, { ...request, onDemand: true }, Date.now());
      // The link may have been replaced while the grant was made.
      requireMember(this.#record(), caller);
      this.#turn.remember(as, viewer, grant, Date.now());
      return { ok: true, value: welcomeFields(grant, Date.now()) };
    } catch (error) {
      if (grant) this.#turn.discard(grant);
      return refusal(error);
    }
  }

  async offer(caller: Caller, offer: PostOffer): Promise<Reply<PostedAnswer | ReadableStream>> {
    return replyLater(() => this.#calls.offer(caller, offer));
  }

  async whepOffer(caller: Caller, offer: WhepOffer): Promise<Reply<WhepAnswer>> {
    return replyLater(() => this.#calls.whepOffer(caller, offer));
  }

  async whepStatus(caller: Caller, viewer: string): Promise<Reply<void>> {
    return reply(() => this.#calls.whepStatus(caller, viewer));
  }

  async whepPatch(caller: Caller, viewer: string, patch: WhepPatch): Promise<Reply<void>> {
    return reply(() => this.#calls.whepPatch(caller, viewer, patch));
  }

  async whepLeave(caller: Caller, viewer: string): Promise<Reply<void>> {
    return reply(() => this.#calls.whepLeave(caller, viewer));
  }

  async setParameters(caller: Caller, patch: PatchParameters): Promise<Reply<SessionStatus>> {
    return reply(() => {
      const before = this.#record();
      requireOwner(before, caller);
      const record = { ...before, parameters: patchParameters(before.parameters, patch) };
      this.#store(record, before);
      this.#do(owner.parametersChanged(this.#roster(), record.parameters));
      return statusOf(record, this.#roster(), "sender", Date.now());
    });
  }

  async rotateLinks(caller: Caller, links: RotateLinks): Promise<Reply<null>> {
    return reply(() => {
      const before = this.#record();
      requireOwner(before, caller);
      this.#store(rotateRecord(before, links), before);
      return null;
    });
  }

  async kick(caller: Caller, viewer: string): Promise<Reply<null>> {
    return reply(() => {
      requireOwner(this.#record(), caller);
      const roster = this.#roster();
      const missing = owner.missing(roster, viewer);
      this.#do(owner.kicked(roster, viewer));
      if (missing) throw missing;
      return null;
    });
  }

  async end(caller: Caller): Promise<Reply<null>> {
    return reply(() => {
      requireOwner(this.#record(), caller);
      this.#end("for good");
      return null;
    });
  }

  /** Only WebSocket upgrades that the Worker has read come here. */
  override async fetch(request: Request): Promise<Response> {
    return admitSocket(this.#host, request);
  }

  override async webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): Promise<void> {
    const attachment = attachmentOf(socket);
    if (!attachment) return;
    const nowMs = Date.now();
    if (attachment.kind === "viewer") {
      return this.#do(broker.viewerFrame(this.#roster(), { socket, attachment, lastSeenMs: nowMs }, raw, nowMs));
    }
    const sender = { socket, attachment: unasked(attachment), lastSeenMs: nowMs };
    if (this.#presence.heard(attachment, nowMs)) this.#do(seenAgain(this.#roster(), sender));
    this.#do(broker.senderFrame(this.#roster(), sender, raw, nowMs));
  }

  override async webSocketClose(socket: WebSocket): Promise<void> {
    // A socket that hibernates does not answer a close by itself, and the other side would wait.
    socket.close();
    this.#closed(socket);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#closed(socket);
  }

  override async alarm(): Promise<void> {
    if (this.#records.look(this.#roster().senders().length > 0, Date.now()) === "over") this.#end();
  }

  #closed(socket: WebSocket): void {
    const gone = attachmentOf(socket);
    if (!gone) return;
    socket.serializeAttachment(null);
    this.#host.meters.socketGone(gone);
    if (this.#records.stored()) this.#turn.socketGone(gone, Date.now());
    this.#do(broker.peerClosed(this.#roster(socket), gone));
  }

  #do(actions: broker.Action<WebSocket>[]): void {
    perform(this.#host, actions, Date.now());
  }

  #roster(except?: WebSocket): Roster<WebSocket> {
    const nowMs = Date.now();
    const roster = socketRoster(this.ctx, this.#http.roster(nowMs), except);
    return this.#presence.over(roster, nowMs, (sender) => this.#do(question(sender, this.#records.stored())));
  }

  /** @throws SightlineError `session-not-found` */
  #record(): SessionRecord {
    return this.#records.require(Date.now());
  }

  #store(record: SessionRecord, before?: SessionRecord): void {
    this.#records.put(record, before, Date.now());
    if (!before) return;
    const rotated = rotatedRoles(before, record);
    this.#turn.revokeRoles(rotated);
    this.#do(owner.linksRotated(this.#roster(), rotated));
  }

  /** Tells everybody and forgets everything; the id is free afterwards, `for good` for other senders only. */
  #end(how?: "for good"): undefined {
    const record = this.#records.stored();
    if (record) this.ctx.waitUntil(unregister(this.env, record));
    this.#turn.revokeAll();
    this.#do(owner.sessionEnded(this.#roster()));
    if (record && how) this.#records.bury(record, Date.now());
    else this.#records.clear();
  }
}
