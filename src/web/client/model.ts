import type { IceServer } from "../../protocol/ice.ts";
import { ANSWER_TIMEOUT_MS } from "../../protocol/limits.ts";
import type { Heard, SocketPast } from "../../protocol/liveness.ts";
import type { ToViewerMessage, ViewerMessage } from "../../protocol/messages.ts";
import type { Notice } from "./errors.ts";
import type { Failure } from "./failure.ts";
import type { RelayOutcome } from "./no-path.ts";
import type { IceGrant } from "./renewal.ts";

/** All durations in milliseconds. */
export const TIMING = {
  /** A socket that has not been welcomed by then is given up. */
  socketOpenMs: 8_000,
  /** A socket that lived this long was no failed attempt, so the backoff starts over. */
  socketStableMs: 10_000,
  answerMs: ANSWER_TIMEOUT_MS,
  /** From the answer to the first picture; ICE over TURN/TCP can take five seconds of it. */
  firstFrameMs: 15_000,
  /** A connection without TURN that has not come up by then may need it: one with TURN is made beside it. */
  directMs: 1_000,
  /** The same where no STUN server told this end its address by then: UDP is blocked, or STUN dead. */
  blindMs: 400,
  /** The same where no TURN server is known yet: the edge is asked, once. */
  askForRelayMs: 3_000,
  /** ICE often recovers from "disconnected" by itself within this. */
  disconnectedMs: 2_500,
  /** Without a new frame for this long, the picture is no longer called live. */
  quietMs: 3_000,
  /** Though packets come: without a new frame for this long, a fresh connection is tried beside the old one. */
  stalledMs: 5_000,
} as const;

/** Events so close together tell of one change of the network. In milliseconds. */
export const SAME_CHANGE_MS = 250;

/** One peer connection as the machine sees it. Times are those of the context's clock. */
export interface Connection {
  number: number;
  /** The sender instance that it was offered to; of one offered ahead of the welcome not known before that. */
  sender: string | undefined;
  /** Set when it was offered by HTTP, where its answer comes too. */
  ahead?: boolean;
  offeredAtMs: number;
  answeredAtMs?: number;
  /** Set once its transport stood. */
  connected?: boolean;
  disconnectedAtMs?: number;
  framesReceived: number;
  framesDecoded: number;
  lastFrameAtMs: number;
  packetsReceived: number;
  /** Its packets. */
  heard: Heard;
  /** Set while the network is another than the one it last brought packets on. */
  doubted?: boolean;
  /**
   * Set once it was silent and the network another: it is replaced though packets come again, for the browser may yet
   * let go of a path that was bound to the network before.
   */
  shaken?: boolean;
  /** Set while the edge was asked for a sign of life because this one is silent. */
  questioned?: boolean;
  quiet?: boolean;
  /** `gone` is for good; the others heal when frames come again. `silent` is not worth a word yet. */
  fault?: "disconnected" | "silent" | "stalled" | "gone";
  /** Until it stands: it has no TURN server, and the edge was not yet asked for one. */
  lacksRelay?: boolean;
  /** Set once a STUN server told its address. */
  mapped?: boolean;
  /** What came of its TURN servers, when anything did. */
  relay?: RelayOutcome;
  /** When the ICE servers were granted that it was made with. */
  iceGrantedAtMs?: number;
  /** When the credentials stop working that it was made with, or those of the sender's end, if ever. */
  iceExpiresAtMs?: number;
  /** When to replace it, though it is well: set while its media is relayed on credentials that expire. */
  renewAtMs?: number;
  renewalFailures: number;
  /** Set on one that was made to replace another that is well. */
  renews?: boolean;
}

type SocketPhase =
  | { phase: "closed"; retryAtMs: number }
  | { phase: "opening"; sinceMs: number; error?: Notice }
  | { phase: "ready"; sinceMs: number; error?: Notice };

export type Answer = Omit<Extract<ToViewerMessage, { type: "answer" }>, "type">;

/** Everything the viewer knows; plain data. */
export interface Model {
  socket: SocketPhase;
  socketFailures: number;
  socketPast: SocketPast;
  /** Set once the edge said who is here. */
  welcomed?: boolean;
  /** The sender instance last heard of, `null` while none is here. */
  sender: string | null;
  /** The ICE servers last heard of. */
  ice: IceGrant;
  /** When the edge was asked for fresh ones, while its answer is waited for. */
  askedForIceAtMs?: number;
  /** `held` while the owner pauses the camera, `resuming` from then until frames come. */
  paused?: "held" | "resuming";
  /** The connection whose picture is on show, even after its media stopped: the last picture stays. */
  current?: Connection;
  /** The connection that is to take over with its first frame. */
  next?: Connection;
  /** Without TURN and slow to come up; it may still win against `next`, which has TURN. */
  spare?: Connection;
  /** True while the first offer, which left by HTTP, is to be taken up. */
  ahead: boolean;
  nextNumber: number;
  offerFailures: number;
  /** How the last of them failed. */
  lastFailure?: Failure;
  offerAtMs: number;
  /** Why there is no picture yet, until something better is known. */
  notice?: Notice;
  /** Since when an answer has been here, and no path to the sender. */
  noPathSinceMs?: number;
  /** Why, once that has lasted. */
  noPath?: Notice;
  /** Set when nothing more is tried until a person asks; no notice when the viewer closed it. */
  stopped?: { name: "ended" | "failed"; notice?: Notice };
}

export type Event =
  | { type: "message"; message: ToViewerMessage }
  /**
   * `notice` from the close code; an error message that came before it says more and wins. `unanswered` when it gave
   * no sign of life.
   */
  | { type: "socket-closed"; notice?: Notice; unanswered?: boolean }
  | { type: "answered"; connection: number }
  /** The edge's reply to an offer by HTTP. */
  | { type: "posted"; connection: number; answer: Answer; grant: IceGrant }
  /** `notice` when the edge said why. */
  | { type: "post-refused"; connection: number; notice?: Notice }
  /** This end refused what arrived, or cannot go on at all. */
  | { type: "refused"; notice: Notice }
  /** `notice` when a person can do something about it. */
  | { type: "peer-failed"; connection: number; notice?: Notice }
  | { type: "transport"; connection: number; state: "connected" | "disconnected" | "gone" }
  | { type: "mapped"; connection: number }
  | { type: "relay"; connection: number; outcome: RelayOutcome }
  | {
      type: "polled";
      connection: number;
      framesReceived: number;
      /** Absent where the browser need decode nothing, as in a page that is hidden, or does not tell. */
      framesDecoded?: number;
      packetsReceived: number;
      path?: "direct" | "relay";
    }
  /** This machine's network is another, or is back. */
  | { type: "network" }
  /** What came of the `ask-ice` of that time; no grant when nothing did. */
  | { type: "ice"; askedAtMs: number; grant?: IceGrant }
  | { type: "first-frame"; connection: number }
  | { type: "wake" }
  | { type: "retry" }
  | { type: "close" };

export type Action =
  | { type: "open-socket" }
  | { type: "close-socket" }
  /** Find out quickly whether the socket still lives. */
  | { type: "probe-socket"; waitMs: number }
  | { type: "send"; message: ViewerMessage }
  /** Find out, by an `ice` event, which ICE servers to use from now on. */
  | { type: "ask-ice"; askedAtMs: number }
  | { type: "open-peer"; connection: number; iceServers: IceServer[] }
  /** Go on with the connection whose offer left by HTTP. */
  | { type: "adopt-peer"; connection: number }
  | { type: "accept-answer"; connection: number; sdp: string; proof: string | undefined }
  | { type: "add-candidate"; connection: number; candidate: RTCIceCandidateInit | null }
  /** Put this connection's picture in the place of the one before. */
  | { type: "show-peer"; connection: number }
  | { type: "close-peer"; connection: number };

export interface Context {
  /** Milliseconds of a monotonic clock. */
  nowMs: number;
  /** Uniform in [0, 1). */
  random: number;
}

/** @param ahead whether the offer of connection `nextNumber` has left by HTTP */
export function initialModel(nowMs: number, nextNumber = 0, ahead = false): Model {
  return {
    socket: { phase: "closed", retryAtMs: nowMs },
    socketFailures: 0,
    socketPast: {},
    sender: null,
    ice: { servers: [], grantedAtMs: nowMs },
    nextNumber,
    offerFailures: 0,
    offerAtMs: nowMs,
    ahead,
  };
}

/** Not yet offered to anybody. */
export function freshConnection(number: number, nowMs: number): Connection {
  const times = { offeredAtMs: nowMs, lastFrameAtMs: nowMs, heard: { lastAtMs: nowMs, gapMs: 0 } };
  return {
    number,
    sender: undefined,
    ...times,
    framesReceived: 0,
    framesDecoded: 0,
    packetsReceived: 0,
    renewalFailures: 0,
  };
}
