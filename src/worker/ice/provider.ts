import type { IceServer } from "../../protocol/ice.ts";

/** Whom the servers are for, and why they are asked for. The token was checked before. */
export interface IceRequest {
  sessionId: string;
  as: "sender" | "viewer";
  /** The viewer that they are for; with `as: "sender"` it is the one at the far end. */
  viewer?: string;
  /** Asked for by itself (`GET .../ice`), not handed out with a welcome or an offer. */
  onDemand?: boolean;
}

export interface IceGrant {
  iceServers: IceServer[];
  /** When the first of the credentials stops working, milliseconds since the Unix epoch. */
  expiresAtMs?: number;
  /** TURN user names that {@link RemoteProvider.revoke} takes back before they expire. */
  revocable: string[];
  /** Sentences for the log: which provider gave nothing, and why. */
  warnings: string[];
}

/** What one provider adds to a grant. */
export type IceShare = Pick<IceGrant, "iceServers" | "expiresAtMs"> & { revocable?: string[] };

/** Grants from what the edge itself holds, at once. */
export interface LocalProvider {
  grant(request: IceRequest, nowMs: number): IceShare;
}

/** Asks a service. */
export interface RemoteProvider {
  readonly name: string;
  /** Rejects when the service fails; whoever asks goes on without. */
  grant(request: IceRequest, nowMs: number, signal: AbortSignal): Promise<IceShare>;
  revoke(username: string, signal: AbortSignal): Promise<void>;
}
