import type { Decision } from "../congestion/decision.ts";
import type { Demand } from "../congestion/ladder.ts";
import type { KeyframeNeed } from "../encode/keyframe-gate.ts";
import type { DropReason } from "../pacer/paced-packet.ts";
import type { WireCandidate } from "../peer/candidates.ts";
import type { Reach } from "../peer/open-connection.ts";
import type { PeerState } from "../peer/peer.ts";
import type { PeerStages } from "../peer/stages.ts";
import type { Standby } from "../peer/standby.ts";

export interface ConnectionOptions extends Reach {
  /** See `PeerOptions`; of the main thread. */
  standby?: Standby | undefined;
  /** The most that the camera is worth, all packets counted. */
  maxBps: number;
  /** The user's own choice of playout delay, 0 to 500; by default it follows the network. */
  playoutMs?: number | undefined;
}

export interface ConnectionEvents {
  onCandidate(candidate: WireCandidate): void;
  onState(state: PeerState): void;
  /** A path is found: pictures will be wanted within a round trip or two. */
  onPath(): void;
  /** See `PeerOptions`. */
  onRelay(failures: readonly string[]): void;
  /** The viewer's decoder cannot go on, or what it was to begin with is gone. */
  onKeyframeRequest(need: KeyframeNeed): void;
  /** The first picture has left. */
  onFirstPicture(): void;
}

/** What goes to one viewer, as it is now, or was a tenth of a second ago. */
export interface DeliveryReport {
  decision: Decision;
  /** What is left for pictures of what the network carries. */
  demand: Omit<Demand<unknown>, "viewer">;
  /** The rung that its pictures come from. */
  rung: number | undefined;
  /** RTP that was handed to the system, over the last second; UDP and IP not counted. */
  sentBps: number;
  /** Of it, retransmissions. */
  repeatedBps: number;
  pictures: number;
  /** Pictures that came before any keyframe that the viewer could begin with. */
  unbegun: number;
  /** Pictures that this viewer's thread left out because it could not keep up. */
  behind: number;
  /** Retransmissions that would have come too late, or would have filled a tight network. */
  dropped: Readonly<Record<DropReason, number>>;
  /** For how long the oldest packet has been waiting for its turn. */
  pacerMs: number;
  /** Packets that the socket or the relay refused. */
  sendErrors: number;
  /** `performance.now()` when the viewer's RTCP was last heard. */
  lastHeardAtMs: number;
  /** The same when the first packet left that nothing was heard since; `undefined` where nothing waits for an answer. */
  unansweredSinceMs: number | undefined;
}

/** A connection to one viewer and what minds its network, on this thread or another. */
export interface Connection {
  readonly state: PeerState;
  /** How far it got, by this thread's `performance.now()`. */
  readonly stages: PeerStages;
  readonly report: DeliveryReport;
  /** See `Peer.answer`. */
  answer(offerSdp: string, gatherMs: number): Promise<string>;
  addCandidate(candidate: WireCandidate): Promise<void>;
  /**
   * Its pictures are to come from this rung, from the next keyframe on.
   * @param replay begin with the rung's last keyframe and what followed, which are a moment old
   */
  take(rung: number, replay: boolean): void;
  /** The camera's greatest bitrate changed; as in {@link ConnectionOptions}. */
  setMaxBps(maxBps: number): void;
  close(): Promise<void>;
}
