import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SenderError } from "../errors.ts";
import { unusableState } from "../state-folder.ts";

/** Where the runtime keeps sessions: in a folder that is given, or in one of its own, which goes with it. */
export class SessionsFolder {
  readonly path: string;
  readonly #own: string | undefined;

  /** @throws SenderError `state-unusable` */
  constructor(given?: string) {
    this.#own = given === undefined ? temporaryFolder() : undefined;
    this.path = join(given ?? this.#own ?? "", "do");
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw unusableState(given ?? this.path, cause, "failed");
    }
    if (this.#own) process.once("exit", this.forget);
  }

  /** Nothing, where the folder was given. */
  readonly forget = (): void => {
    process.removeListener("exit", this.forget);
    try {
      if (this.#own) rmSync(this.#own, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // It lies where temporary files lie.
    }
  };
}

function temporaryFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "sightline-edge-"));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "unknown reason";
    const message = `The edge finds no place for its sessions: ${why}. Name a folder that can be written to by TMPDIR.`;
    throw new SenderError("failed", "state-unusable", message, { cause });
  }
}
