import { DurableObject } from "cloudflare:workers";
import * as v from "valibot";
import { encode } from "../../protocol/codec.ts";
import { ERRORS, SightlineError } from "../../protocol/errors.ts";
import type { CreatedSession, RotateLinks, SessionStatus } from "../../protocol/http.ts";
import type { IceServer } from "../../protocol/ice.ts";
import { PING, PONG, SUBPROTOCOL } from "../../protocol/limits.ts";
import type { StreamParameters } from "../../protocol/stream.ts";
import type { Env } from "../env.ts";
import { grantIce } from "../ice/grant.ts";
import * as broker from "./broker.ts";
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
import { type Reply, refusal, reply } from "./reply.ts";
import { attachmentOf, socketRoster, tagsOf } from "./sockets.ts";

const RECORD_KEY = "session";

/**
 * One session: the sockets of its sender and viewers, and one row on disk. A thin shell that reads state, asks the
 * broker and does what it says. Nothing stands in memory between two events, so that it may be evicted at any time.
 */
export class Session extends DurableObject<Env> {
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

  async ice(caller: Caller): Promise<Reply<IceServer[]>> {
    try {
      const record = this.#record();
      requireMember(record, caller);
      return { ok: true, value: await grantIce(this.env, { sessionId: record.id, participant: "api" }) };
    } catch (error) {
      return refusal(error);
    }
  }

  async setParameters(caller: Caller, parameters: StreamParameters): Promise<Reply<SessionStatus>> {
    return reply(() => {
      const before = this.#record();
      requireOwner(before, caller);
      const record = { ...before, parameters: { ...before.parameters, ...parameters } };
      this.#store(record, before);
      this.#do(broker.parametersChanged(socketRoster(this.ctx), record.parameters));
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
      const roster = socketRoster(this.ctx);
      const connected = roster.viewer(viewer).length > 0;
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
    try {
      const join = readJoin(request);
      const { id } = this.#record();
      admit(this.#record(), join, Date.now());
      const participant = join.as === "sender" ? "sender" : join.viewer;
      const iceServers = await grantIce(this.env, { sessionId: id, participant });
      // Granting may have taken a while, so everything is asked again, and nothing is awaited from here on.
      const nowMs = Date.now();
      const record = this.#record();
      const attachment = admit(record, join, nowMs);
      const roster = socketRoster(this.ctx);
      if (attachment.kind === "viewer") broker.requirePlace(roster, attachment.viewer, record.maxViewers);

      const { 0: client, 1: socket } = new WebSocketPair();
      const actions =
        attachment.kind === "viewer"
          ? broker.viewerConnected(roster, { socket, ...attachment }, iceServers, nowMs)
          : broker.senderConnected(roster, { socket, ...attachment }, iceServers, record.parameters);
      this.ctx.acceptWebSocket(socket, tagsOf(attachment));
      socket.serializeAttachment(attachment);
      this.#do(actions);
      return new Response(null, {
        status: 101,
        webSocket: client,
        headers: { "Sec-WebSocket-Protocol": SUBPROTOCOL },
      });
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      return Response.json(error.toBody(), { status: error.status });
    }
  }

  override async webSocketMessage(socket: WebSocket, raw: string | ArrayBuffer): Promise<void> {
    const attachment = attachmentOf(socket);
    if (!attachment) return;
    const nowMs = Date.now();
    const roster = socketRoster(this.ctx);
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
    this.#do(broker.peerClosed(socketRoster(this.ctx, socket), gone));
  }

  #do(actions: broker.Action<WebSocket>[]): void {
    for (const action of actions) {
      try {
        if (action.do === "send") action.socket.send(encode(action.message));
        else if (action.do === "remember") action.socket.serializeAttachment(action.attachment);
        else {
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
    const roster = socketRoster(this.ctx);
    const sender = broker.presentSender(roster, Date.now());
    return {
      id: record.id,
      createdAtMs: record.createdAtMs,
      expiresAtMs: record.expiresAtMs,
      sender: sender?.attachment.instance ?? null,
      viewers: broker.countViewers(roster),
      maxViewers: record.maxViewers,
      whep: record.whepTokenHash !== undefined,
      parameters: record.parameters,
      report: sender?.attachment.report ?? null,
    };
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
    if (before) this.#do(broker.linksRotated(socketRoster(this.ctx), rotatedRoles(before, record)));
  }

  /** Tells everybody and forgets everything; the id is free afterwards. */
  #end(): undefined {
    this.#do(broker.sessionEnded(socketRoster(this.ctx)));
    this.ctx.storage.deleteAlarm();
    this.ctx.storage.deleteAll();
  }
}
