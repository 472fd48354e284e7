import { mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps compiled code from start to start, in a folder of this user's alone: whoever may write there decides what runs.
 * Where there can be none everything is compiled each time. Node's own `NODE_COMPILE_CACHE` and
 * `NODE_DISABLE_COMPILE_CACHE` stand above it.
 */
export function keepCompiled(env = process.env): void {
  try {
    const folder = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sightline", "compiled");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    enableCompileCache(folder);
  } catch {
    // A home that cannot be written to, or none.
  }
}
