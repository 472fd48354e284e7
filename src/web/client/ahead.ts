import type { HandedStandby } from "../../protocol/standby.ts";
import type { EarlySocket } from "./early-socket.ts";
import type { Identity } from "./handshake.ts";
import { proveNatively, verifyNatively } from "./native-crypto.ts";
import { configure, Opening } from "./opening.ts";
import type { Player } from "./player.ts";
import { type PostReply, postOffer } from "./post.ts";
import type { Runtime } from "./runtime.ts";
import { expectedAnswer } from "./standby.ts";
import type { Timings } from "./timings.ts";

/** The first connection of a viewer, offered before the viewer itself is there. */
export interface Ahead {
  identity: Identity;
  opening: Opening;
  /** The exact text of the offer. */
  sdp: Promise<string>;
  /** The offer is on its way. */
  sent: Promise<unknown>;
  reply: Promise<PostReply>;
  /** The signaling socket, where it was opened ahead too. */
  socket?: EarlySocket | undefined;
  /** `performance.now()`: when this began, when the offer left, and when a genuine answer was here. */
  startedAtMs: number;
  sentAtMs?: number;
  answeredAtMs?: number;
  /** Shows the picture already, where somebody set it to. */
  player?: Player | undefined;
  /** ICE found a path. Pending for ever when somebody took over before. */
  connected: Promise<void>;
  /** What the connection reached before anybody took it over. */
  reached: Pick<Timings, "standby" | "iceConnected" | "dtlsConnected">;
}

/** Its number: a viewer begins at 0. */
export const AHEAD_CONNECTION = 0;

type AheadRuntime = Pick<Runtime, "fetch" | "nowMs" | "openPeerConnection">;

/** A connection that gathers and makes its offer already, for nobody yet. */
interface Opened {
  opening: Opening;
  /** `performance.now()` before it was opened, or at the page's beginning. */
  startedAtMs: number;
}

/**
 * Opens the connection for {@link offerOn}; `undefined` where there is no WebRTC, or the browser refuses: the viewer asks
 * again by itself and finds words for it.
 * @param startedAtMs `performance.now()` when it all began, where that was before
 */
export function openAhead(
  stunUrls: string[],
  runtime: AheadRuntime,
  startedAtMs = runtime.nowMs(),
): Opened | undefined {
  try {
    // Credentials come with the reply.
    const connection = runtime.openPeerConnection?.(configure(stunUrls.length > 0 ? [{ urls: stunUrls }] : []));
    return connection && { opening: new Opening(connection), startedAtMs };
  } catch {
    return undefined;
  }
}

/**
 * {@link openAhead} and {@link offerOn} in one.
 * @throws what `identify` does, with the connection closed
 */
export function offerAhead(
  identify: () => Identity,
  stunUrls: string[],
  runtime: AheadRuntime,
  startedAtMs?: number,
): Ahead | undefined {
  const opened = openAhead(stunUrls, runtime, startedAtMs);
  if (!opened) return undefined;
  try {
    return offerOn(opened, identify(), runtime);
  } catch (error) {
    opened.opening.connection.close();
    throw error;
  }
}

/** Sends the offer on the connection that brought the page, while everything else still loads or opens. */
export function offerOn(
  { opening, startedAtMs }: Opened,
  identity: Identity,
  runtime: Omit<AheadRuntime, "openPeerConnection">,
): Ahead {
  const { connection } = opening;
  let foundPath = () => {};
  const connected = new Promise<void>((resolve) => {
    foundPath = resolve;
  });
  const sdp = opening.offer();
  const isWanted = () => connection.signalingState !== "closed";
  const sent = sdp.then(async (text) => {
    const { proof, offerHash } = await proveNatively(identity, text);
    ahead.sentAtMs = runtime.nowMs();
    const offer = { connection: AHEAD_CONNECTION, sdp: text, proof };
    const onStandby = async (standby: HandedStandby) => {
      const answer = await expectedAnswer(identity, text, standby);
      if (answer === undefined || !isWanted()) return;
      ahead.reached.standby = runtime.nowMs();
      opening.expect(answer);
    };
    return { offerHash, coming: postOffer(identity, offer, runtime, isWanted, onStandby) };
  });
  const ahead: Ahead = {
    identity,
    opening,
    sdp,
    sent,
    startedAtMs,
    connected,
    reached: {},
    reply: sent.then(async ({ offerHash, coming }) => {
      const reply = await coming;
      const answer = await genuineAnswer(identity, offerHash, reply);
      if (answer !== undefined && isWanted()) {
        ahead.answeredAtMs = runtime.nowMs();
        // Reported where it is awaited, by whoever takes this over.
        opening.accept(answer).catch(() => undefined);
      }
      return reply;
    }),
  };
  connection.oniceconnectionstatechange = () => {
    const state = connection.iceConnectionState;
    if (state !== "connected" && state !== "completed") return;
    ahead.reached.iceConnected ??= runtime.nowMs();
    foundPath();
  };
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === "connected") ahead.reached.dtlsConnected ??= runtime.nowMs();
  };
  // Whoever takes this over hears of an offer that could not be made.
  ahead.reply.catch(() => undefined);
  return ahead;
}

/** Lets go of it, when nobody takes it over. */
export function abandon({ opening, socket }: Ahead): void {
  opening.connection.close();
  socket?.socket.close();
}

/**
 * The answer's SDP, to be applied without waiting for the script that judges all the reply says; everything but a genuine
 * answer is left to that.
 */
async function genuineAnswer(identity: Identity, offerHash: string, reply: PostReply): Promise<string | undefined> {
  if (reply?.status !== 200) return undefined;
  try {
    const { sdp, proof }: { sdp?: unknown; proof?: unknown } = JSON.parse(reply.text);
    if (typeof sdp !== "string" || typeof proof !== "string") return undefined;
    return (await verifyNatively(identity, offerHash, { sdp, proof })) ? sdp : undefined;
  } catch {
    return undefined;
  }
}
