import { SightlineError } from "../../protocol/errors.ts";
import { SUBPROTOCOL } from "../../protocol/limits.ts";
import { grantIce } from "../ice/grant.ts";
import { welcomeFields } from "../ice/offers.ts";
import type { IceGrant } from "../ice/provider.ts";
import type { Action } from "./action.ts";
import * as broker from "./broker.ts";
import { admit, type Join, readJoin } from "./join.ts";
import type { Means } from "./perform.ts";
import { takePlace } from "./places.ts";
import type { SessionRecord } from "./record.ts";
import type { RecordStore } from "./record-store.ts";
import type { Roster } from "./roster.ts";
import { tagsOf } from "./sockets.ts";

/** What letting somebody in needs of the session. */
export interface AdmissionHost extends Means {
  ctx: DurableObjectState;
  /** @throws SightlineError `session-not-found` */
  record(): SessionRecord;
  records: RecordStore;
  roster(): Roster<WebSocket>;
  perform(actions: Action<WebSocket>[]): void;
}

/**
 * Answers an upgrade that the Worker has read: the socket of who is let in, or a refusal as JSON, which the Worker
 * turns into frames.
 */
export async function admitSocket(host: AdmissionHost, request: Request): Promise<Response> {
  let grant: IceGrant | undefined;
  try {
    const join = readJoin(request);
    const { id, maxViewers } = recordFor(host, join, Date.now());
    admit(host.record(), join, Date.now());
    if (join.as === "viewer") host.perform(takePlace(host.roster(), join.viewer, maxViewers, Date.now()));
    const viewer = join.as === "viewer" ? join.viewer : undefined;
    grant = await grantIce(host.settings, { sessionId: id, as: join.as, viewer }, Date.now());
    // Granting may have taken a while, so everything is asked again, and nothing is awaited from here on.
    const nowMs = Date.now();
    const record = recordFor(host, join, nowMs);
    const admitted = admit(record, join, nowMs);
    if (admitted.kind === "viewer") {
      if (host.kicks.tell(admitted.viewer)) throw new SightlineError("kicked");
      host.perform(takePlace(host.roster(), admitted.viewer, record.maxViewers, nowMs));
    }
    const roster = host.roster();
    const replaced = admitted.kind === "viewer" ? roster.viewer(admitted.viewer) : roster.senders();
    const earlier = replaced.map((peer) => peer.attachment);
    const attachment = host.turn.remembered(host.meters.continued(admitted, earlier, nowMs), earlier, grant, nowMs);

    const { 0: client, 1: socket } = new WebSocketPair();
    const ice = welcomeFields(grant, Date.now());
    const actions =
      attachment.kind === "viewer"
        ? broker.viewerConnected(roster, { socket, ...attachment }, ice, nowMs)
        : broker.senderConnected(roster, { socket, ...attachment }, ice, record.parameters);
    if (attachment.kind === "sender") host.records.senderCame();
    host.ctx.acceptWebSocket(socket, tagsOf(attachment));
    socket.serializeAttachment(attachment);
    host.perform(actions);
    if (attachment.kind === "viewer") {
      for (const message of host.http.leaveToSocket(attachment.viewer)) host.perform([{ do: "send", socket, message }]);
    }
    const headers = { "Sec-WebSocket-Protocol": SUBPROTOCOL };
    return new Response(null, { status: 101, webSocket: client, headers });
  } catch (error) {
    if (grant) host.turn.discard(grant);
    if (!(error instanceof SightlineError)) throw error;
    return Response.json(error.toBody(), { status: error.status });
  }
}

/** @throws SightlineError `session-not-found`, or `session-ended` to the sender of one that its owner has ended */
function recordFor(host: AdmissionHost, join: Join, nowMs: number): SessionRecord {
  if (join.as === "sender") host.records.requireNotEnded(join.tokenHash, nowMs);
  return host.record();
}
