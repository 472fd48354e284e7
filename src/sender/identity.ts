import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { randomToken } from "../protocol/bytes.ts";
import { makeSessionId, SessionId, Token } from "../protocol/ids.ts";
import { makeLinkSecret } from "../protocol/link.ts";
import { SenderError } from "./errors.ts";

const Secret = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{22}$/));

const Identity = v.object({
  sessionId: SessionId,
  viewerSecret: Secret,
  operatorSecret: Secret,
  senderToken: Token,
  whepToken: Token,
});

/** What makes a session this sender's own, and its links work again after a restart. */
export type Identity = v.InferOutput<typeof Identity>;

export function makeIdentity(sessionId: string = makeSessionId(new Date())): Identity {
  return {
    sessionId,
    viewerSecret: makeLinkSecret(),
    operatorSecret: makeLinkSecret(),
    senderToken: randomToken(32),
    whepToken: randomToken(32),
  };
}

/**
 * The identity of a session with a chosen name: read from the state folder, or made and kept there.
 * @throws SenderError of reason `usage` when the folder cannot be used or the file is damaged
 */
export function keptIdentity(stateDir: string, sessionId: string): Identity {
  const path = join(stateDir, "sessions", `${sessionId}.json`);
  let text: string | undefined;
  try {
    mkdirSync(join(stateDir, "sessions"), { recursive: true, mode: 0o700 });
    text = readIfThere(path);
    if (text === undefined) return writeIdentity(path, makeIdentity(sessionId));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown reason";
    throw new SenderError("usage", "state-unusable", `The state folder ${stateDir} cannot be used: ${why}`, { cause });
  }
  try {
    const identity = v.parse(Identity, JSON.parse(text));
    if (identity.sessionId !== sessionId) throw new Error("another session's file");
    return identity;
  } catch {
    // The cause is left out: it would quote the file, and the file holds secrets.
    throw new SenderError(
      "usage",
      "state-unusable",
      `${path} is damaged. Delete it to make new links for this session.`,
    );
  }
}

export function writeIdentity(path: string, identity: Identity): Identity {
  writeFileSync(path, `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return identity;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
