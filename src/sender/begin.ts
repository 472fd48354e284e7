import { randomToken } from "../protocol/bytes.ts";
import type { CreatedSession, CreateSession } from "../protocol/http.ts";
import type { SendConfig } from "./config.ts";
import { SenderError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { sessionRequest } from "./links.ts";
import type { ReachedEdge } from "./reach-edge.ts";
import { createSession } from "./signaling/api.ts";

/** A session as the edge took it up. */
export interface Begun {
  /** Another sender's token than was asked with, where the edge keeps that one out. */
  identity: Identity;
  request: CreateSession;
  created: CreatedSession;
}

/**
 * Creates the session for a sender that starts. The edge lets no sender take up again what its owner has ended; to start
 * one is to want it anew, so that then another sender's token begins it, with the same links.
 * @param keep is given another token before the edge is: without it nobody could take that session up, or end it
 * @throws SenderError of reason `edge`, and what `keep` throws
 */
export async function beginSession(
  edge: ReachedEdge,
  identity: Identity,
  config: SendConfig,
  keep: (senderToken: string) => void,
  signal: AbortSignal,
): Promise<Begun> {
  const begin = async (identity: Identity): Promise<Begun> => {
    const request = sessionRequest(identity, config);
    return { identity, request, created: await createSession(edge.origin, edge.publishKey, request, signal) };
  };
  try {
    return await begin(identity);
  } catch (error) {
    if (!(error instanceof SenderError) || error.code !== "session-ended") throw error;
    const senderToken = randomToken(32);
    keep(senderToken);
    return begin({ ...identity, senderToken });
  }
}
