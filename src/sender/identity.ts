import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { randomToken } from "../protocol/bytes.ts";
import { makeSessionId, type Role, random128, SessionId, Token } from "../protocol/ids.ts";
import { makeLinkSecret } from "../protocol/link.ts";
import { SenderError } from "./errors.ts";
import { readPrivate, writePrivate } from "./private-file.ts";
import { unusableState } from "./state-folder.ts";

const Secret = random128("A link's secret");

const Identity = v.object({
  sessionId: SessionId,
  viewerSecret: Secret,
  operatorSecret: Secret,
  senderToken: Token,
  whepToken: Token,
  /** Where the session was last created, for the owner's commands. */
  edge: v.optional(v.string()),
  /** Origins that its links were last printed for, the best first: other machines may reach that edge by others only. */
  shown: v.optional(v.array(v.string())),
  /** The owner ended it; its sender, should it run, is to stop. Starting it again begins anew. */
  ended: v.optional(v.boolean()),
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

/** The same session with new secrets for some of its links. */
export function rotateLinks(identity: Identity, roles: readonly Role[]): Identity {
  return {
    ...identity,
    ...(roles.includes("viewer") ? { viewerSecret: makeLinkSecret(), whepToken: randomToken(32) } : {}),
    ...(roles.includes("operator") ? { operatorSecret: makeLinkSecret() } : {}),
  };
}

/** The state folder's sessions, one file of mode 0600 each. */
export class IdentityStore {
  readonly #dir: string;
  readonly #note: (line: string) => void;

  /** @param note is told what was wrong with a file and is mended */
  constructor(stateDir: string, note: (line: string) => void = () => {}) {
    this.#dir = join(stateDir, "sessions");
    this.#note = note;
  }

  pathOf(sessionId: string): string {
    return join(this.#dir, `${sessionId}.json`);
  }

  /** Ids of the sessions kept here. */
  list(): string[] {
    try {
      return readdirSync(this.#dir).flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -".json".length)] : []));
    } catch {
      return [];
    }
  }

  /**
   * @returns `undefined` when the session is not kept here
   * @throws SenderError of reason `usage` when its file cannot be read or is damaged
   */
  read(sessionId: string): Identity | undefined {
    const path = this.pathOf(sessionId);
    let text: string;
    try {
      text = readPrivate(path, this.#note);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw unusableState(this.#dir, error, "usage");
    }
    try {
      const identity = v.parse(Identity, JSON.parse(text));
      if (identity.sessionId !== sessionId) throw new Error("another session's file");
      return identity;
    } catch {
      // The cause is left out: it would quote the file, and the file holds secrets.
      const message = `${path} is damaged. Delete it to make new links for this session.`;
      throw new SenderError("usage", "state-unusable", message);
    }
  }

  /**
   * Writes nothing where nothing is new: a disk that is full or read-only is no matter then.
   * @throws SenderError of reason `failed` when the folder cannot be written, which may pass
   */
  write(identity: Identity): void {
    const path = this.pathOf(identity.sessionId);
    const text = `${JSON.stringify(identity, null, 2)}\n`;
    if (textOf(path) === text) return;
    try {
      writePrivate(path, text);
    } catch (error) {
      throw unusableState(this.#dir, error, "failed");
    }
  }

  remove(sessionId: string): void {
    rmSync(this.pathOf(sessionId), { force: true });
  }
}

/** `undefined` when it cannot be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
