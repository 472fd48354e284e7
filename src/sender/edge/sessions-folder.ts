import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unusableState } from "../state-folder.ts";

/** Where the runtime keeps sessions: in a folder that is given, or in one of its own, which goes with it. */
export class SessionsFolder {
  readonly path: string;
  readonly #own: string | undefined;

  /** @throws SenderError `state-unusable` */
  constructor(given?: string) {
    const parent = given ?? tmpdir();
    try {
      this.#own = given === undefined ? mkdtempSync(join(parent, "sightline-edge-")) : undefined;
      this.path = join(this.#own ?? parent, "do");
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw unusableState(parent, cause, "failed");
    }
    if (this.#own) process.once("exit", this.forget);
  }

  /** Nothing, where the folder was given. */
  readonly forget = (): void => {
    process.removeListener("exit", this.forget);
    if (this.#own) rmSync(this.#own, { recursive: true, force: true, maxRetries: 3 });
  };
}
