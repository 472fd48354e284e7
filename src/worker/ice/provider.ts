import type { IceServer } from "../../protocol/ice.ts";

/** Whom the servers are for; a provider that issues credentials binds them to this. */
export interface IceRequest {
  sessionId: string;
  /** The viewer's id, or `sender`. */
  participant: string;
}

/** Grants STUN or TURN servers to one authenticated participant. */
export interface IceProvider {
  /** For logs. */
  readonly name: string;
  /** Rejects when the service behind it fails; whoever asks goes on without. */
  grant(request: IceRequest): Promise<IceServer[]>;
}
