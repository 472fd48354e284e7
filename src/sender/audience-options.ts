import type { IceServer } from "../protocol/ice.ts";
import type { SenderMessage } from "../protocol/messages.ts";
import type { Broadcast } from "./delivery/broadcast.ts";
import type { Doorkeeper } from "./doorkeeper.ts";
import type { ViewerState } from "./output.ts";
import type { Standby } from "./peer/standby.ts";
import type { ViewerTimings } from "./viewer-timings.ts";

/** What an audience is, and whom it tells. */
export interface AudienceOptions {
  doorkeeper: Doorkeeper;
  /** Who is connected is shown this. */
  broadcast: Broadcast;
  maxViewers: number;
  loopback: boolean;
  relayOnly: boolean;
  /** The user's own choice of playout delay, 0 to 500. */
  playoutMs?: number | undefined;
  iceServers(): IceServer[];
  /** What is left of their life, in milliseconds; `undefined` when they do not expire. */
  iceTtlMs?(): number | undefined;
  send(message: SenderMessage): void;
  /** The connection that a viewer was told of before its offer came. */
  takeStandby?(id: string): Standby | undefined;
  onViewer(viewer: string, state: ViewerState, timings?: ViewerTimings): void;
  /** The first picture of a connection left, after so long. */
  onFirstFrame?(viewer: string, timings: ViewerTimings): void;
  /** Somebody was answered a while ago, and no path is found yet; said again while that lasts. */
  onNoPath?(): void;
  /**
   * Somebody was answered, and its last connection ends without ever having found a path.
   * @param hadTurn whether there was a TURN server to ask for a relay
   */
  onPathless?(hadTurn: boolean): void;
  /** How many watch now, or are about to: a camera takes a while to open. */
  onWatching(count: number): void;
}
