import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { encode } from "../../protocol/codec.ts";
import { ERRORS, SightlineError } from "../../protocol/errors.ts";
import type { CreatedSession, IceReply, RotateLinks, SessionStatus } from "../../protocol/http.ts";
import { PING, PONG, SUBPROTOCOL } from "../../protocol/limits.ts";
import type { PostedAnswer, PostOffer } from "../../protocol/offer.ts";
import type { StreamParameters } from "../../protocol/stream.ts";
import { unregister } from "../directory/client.ts";
import type { Env } from "../env.ts";
import { grantIce } from "../ice/grant.ts";
import { welcomeFields, withSenderIce } from "../ice/offers.ts";
import type { IceGrant } from "../ice/provider.ts";
import * as broker from "./broker.ts";
import { HttpCalls, type WhepAnswer, type WhepOffer, type WhepPatch } from "./http-calls.ts";
import { HttpViewers } from "./http-viewers.ts";
import { admit, readJoin } from "./join.ts";
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
  SessionRecord,
} from "./record.ts";
import { type Reply, refusal, reply, replyLater } from "./reply.ts";
import type { Roster } from "./roster.ts";
import { attachmentOf, socketRoster, tagsOf } from "./sockets.ts";
import { TurnCredentials } from "./turn-credentials.ts";

const RECORD_KEY = "session";

/**
 * One session: the sockets of its sender and viewers, and one row on disk. A thin shell that reads state, asks the
 * broker and does what it says. What stands in memory between two events belongs to an HTTP request that is open, so
 * that it may be evicted at any time.
 */
export class Session extends DurableObject<Env> {
  readonly #turn = new TurnCredentials(this.ctx, this.env);
  readonly #http = new HttpViewers(this.ctx.storage.kv);
  readonly #calls = new HttpCalls({
    viewers: this.#http,
    record: () => this.#record(),
    roster: () => this.#roster(),
    perform: (actions) => this.#do(actions),
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
      const stored = this.#stored();
      let before = stored && hasExpired(stored, nowMs) ? this.#end() : stored;
      let record = before ? resumeRecord(before, creation) : newRecord(creation, nowMs);
      if (before && hasExpired(record, nowMs)) {
        before = this.#end();
        record = newRecord(creation, nowMs);
      }
      this.#store(record, before);
      const { id, createdAtMs, expiresAtMs } = record;
      return { id, createdAtMs, expiresAtMs, resumed: before !== undefined };
    });
  }

  async status(caller: Caller): Promise<Reply<SessionStatus>> {
    return reply(() => {
      const record = this.#record();
      requireMember(record, caller);
      return this.#status(record);
    });
  }

  /** @param viewer whom the credentials are for, when the caller says so; they are revoked with it */
  async ice(caller: Caller, viewer?: string): Promise<Reply<IceReply>> {
    let grant: IceGrant | undefined;
    try {
      const as = requireMember(this.#record(), caller);
      const request = { sessionId: this.#record().id, as: as === "sender" ? as : ("viewer" as const), viewer };
      grant = await grantIce(this.env, { ...request, onDemand: true }, Date.now());
      this.#record();
      this.#turn.remember(as, viewer, grant, Date.now());
      return { ok: true, value: welcomeFields(grant, Date.now()) };
    } catch (error) {
      if (grant) this.#turn.discard(grant);
      return refusal(error);
    }
  }

  async offer(caller: Caller, offer: PostOffer): Promise<Reply<PostedAnswer>> {
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

  async setParameters(caller: Caller, parameters: StreamParameters): Promise<Reply<SessionStatus>> {
    return reply(() => {
      const before = this.#record();
      requireOwner(before, caller);
      const record = { ...before, parameters: { ...before.parameters, ...parameters } };
      this.#store(record, before);
      this.#do(broker.parametersChanged(this.#roster(), record.parameters));
      return this.#status(record);
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
      const connected = roster.viewer(viewer).length > 0 || roster.http.knows(viewer);
      this.#do(broker.kicked(roster, viewer));
      if (!connected) throw new SightlineError("viewer-not-found");
      return null;
    });
  }

  async end(caller: Caller): Promise<Reply<null>> {
    return reply(() => {
      requireOwner(this.#record(), caller);
      this.#end();
      return null;
    });
  }

  /** Only WebSocket upgrades that the Worker has read come here; a refusal is JSON, which the Worker turns into frames. */
  override async fetch(request: Request): Promise<Response> {
    let grant: IceGrant | undefined;
    try {
      const join = readJoin(request);
      const { id, maxViewers } = this.#record();
      admit(this.#record(), join, Date.now());
      if (join.as === "viewer") broker.requirePlace(this.#roster(), join.viewer, maxViewers);
      const viewer = join.as === "viewer" ? join.viewer : undefined;
      grant = await grantIce(this.env, { sessionId: id, as: join.as, viewer }, Date.now());
      // Granting may have taken a while, so everything is asked again, and nothing is awaited from here on.
      const nowMs = Date.now();
      const record = this.#record();
      const admitted = admit(record, join, nowMs);
      const roster = this.#roster();
      if (admitted.kind === "viewer") broker.requirePlace(roster, admitted.viewer, record.maxViewers);
      const replaced = admitted.kind === "viewer" ? roster.viewer(admitted.viewer) : roster.senders();
      const earlier = replaced.map((peer) => peer.attachment);
      const attachment = this.#turn.remembered(admitted, earlier, grant, nowMs);

      const { 0: client, 1: socket } = new WebSocketPair();
      const ice = welcomeFields(grant, Date.now());
      const actions =
        attachment.kind === "viewer"
          ? broker.viewerConnected(roster, { socket, ...attachment }, ice, nowMs)
          : broker.senderConnected(roster, { socket, ...attachment }, ice, record.parameters);
      this.ctx.acceptWebSocket(socket, tagsOf(attachment));
      socket.serializeAttachment(attachment);
      this.#do(actions);
      if (attachment.kind === "viewer") {
        for (const message of this.#http.leaveToSocket(attachment.viewer)) this.#do([{ do: "send", socket, message }]);
      }
      return new Response(null, {
        status: 101,
        webSocket: client,
        headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL },
      });
    } catch (error) {
      if (grant) this.#turn.discard(grant);
      if (!(error instanceof SightlineError)) throw error;
      return Response.json(error.toBody(), { status: error.status });
    }
  }

  override async webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): Promise<void> {
    const attachment = attachmentOf(socket);
    if (!attachment) return;
    const nowMs = Date.now();
    const roster = this.#roster();
    const actions =
      attachment.kind === "viewer"
        ? broker.viewerFrame(roster, { socket, attachment }, raw, nowMs)
        : broker.senderFrame(roster, { socket, attachment, lastSeenMs: nowMs }, raw);
    this.#do(actions);
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
    const record = this.#stored();
    if (record && record.expiresAtMs !== null) {
      if (hasExpired(record, Date.now())) this.#end();
      else await this.ctx.storage.setAlarm(record.expiresAtMs);
    }
  }

  #closed(socket: WebSocket): void {
    const gone = attachmentOf(socket);
    if (!gone) return;
    socket.serializeAttachment(null);
    if (this.#stored()) this.#turn.socketGone(gone, Date.now());
    this.#do(broker.peerClosed(this.#roster(socket), gone));
  }

  #do(actions: broker.Action<WebSocket>[]): void {
    for (const action of withSenderIce(this.env, () => this.#record().id, actions, Date.now())) {
      try {
        if (action.do === "send") action.socket.send(encode(action.message));
        else if (action.do === "remember") action.socket.serializeAttachment(action.attachment);
        else if (action.do === "http") this.#http.receive(action.viewer, action.message, action.sender);
        else if (action.do === "revoke") this.#turn.revokeViewer(action.viewer);
        else {
          const gone = attachmentOf(action.socket);
          // What a replaced socket held has gone to the one that replaced it.
          if (gone && action.code !== "replaced") this.#turn.socketGone(gone, Date.now());
          // First, so that this socket is nobody any more whatever happens to the rest.
          action.socket.serializeAttachment(null);
          action.socket.send(encode({ type: "error", code: action.code, message: action.message }));
          action.socket.close(ERRORS[action.code].close, action.code);
        }
      } catch {
        // The socket closed meanwhile; its own close event tells the others.
      }
    }
  }

  #status(record: SessionRecord): SessionStatus {
    const roster = this.#roster();
    const sender = broker.presentSender(roster, Date.now());
    return {
      id: record.id,
      createdAtMs: record.createdAtMs,
      expiresAtMs: record.expiresAtMs,
      sender: sender?.attachment.instance ?? null,
      senderSinceMs: sender?.attachment.connectedAtMs ?? null,
      viewers: broker.countViewers(roster),
      maxViewers: record.maxViewers,
      whep: record.whepTokenHash !== undefined,
      parameters: record.parameters,
      report: sender?.attachment.report ?? null,
    };
  }

  #roster(except?: WebSocket): Roster<WebSocket> {
    return socketRoster(this.ctx, this.#http.roster(Date.now()), except);
  }

  #stored(): SessionRecord | undefined {
    const row = this.ctx.storage.kv.get(RECORD_KEY);
    return row === undefined ? undefined : v.parse(SessionRecord, row);
  }

  /** @throws SightlineError `session-not-found`, also once the session has expired and its alarm is late */
  #record(): SessionRecord {
    const record = this.#stored();
    if (!record || hasExpired(record, Date.now())) throw new SightlineError("session-not-found");
    return record;
  }

  /** Writes only what changed: rows are what a session costs. */
  #store(record: SessionRecord, before?: SessionRecord): void {
    if (JSON.stringify(record) !== JSON.stringify(before)) this.ctx.storage.kv.put(RECORD_KEY, record);
    if (record.expiresAtMs !== (before?.expiresAtMs ?? null)) {
      if (record.expiresAtMs === null) this.ctx.storage.deleteAlarm();
      else this.ctx.storage.setAlarm(record.expiresAtMs);
    }
    if (!before) return;
    const rotated = rotatedRoles(before, record);
    this.#turn.revokeRoles(rotated);
    this.#do(broker.linksRotated(this.#roster(), rotated));
  }

  /** Tells everybody and forgets everything; the id is free afterwards. */
  #end(): undefined {
    const record = this.#stored();
    if (record) this.ctx.waitUntil(unregister(this.env, record));
    this.#turn.revokeAll();
    this.#do(broker.sessionEnded(this.#roster()));
    this.ctx.storage.deleteAlarm();
    this.ctx.storage.deleteAll();
  }
}
