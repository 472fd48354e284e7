import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** Names the binary that Miniflare starts. */
const MINIFLARE_BINARY = "MINIFLARE_WORKERD_PATH";
/** Tells the wrapper what to run. */
const WRAPPED_BINARY = "SIGHTLINE_WORKERD";

/**
 * Ties workerd to this process: it dies with it, also when this one is killed, and no longer hears the terminal's
 * Ctrl-C. Without that an orphan would keep the port. Where Linux's setpriv and setsid (util-linux) are missing, all is
 * as before: workerd ends when this process exits of itself.
 */
export function leashRuntime(env: NodeJS.ProcessEnv = process.env): void {
  const wrapper = fileURLToPath(new URL("workerd.sh", import.meta.url));
  if (env[MINIFLARE_BINARY] === wrapper || !canLeash(wrapper)) return;
  env[WRAPPED_BINARY] = env[MINIFLARE_BINARY] ?? workerdBinary();
  env[MINIFLARE_BINARY] = wrapper;
}

function canLeash(wrapper: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    accessSync(wrapper, constants.X_OK);
  } catch {
    return false;
  }
  // BusyBox has both names too, but another setpriv.
  return spawnSync("setsid", ["setpriv", "--pdeathsig", "KILL", "true"], { stdio: "ignore" }).status === 0;
}

/** The one that Miniflare brings along. */
function workerdBinary(): string {
  const miniflare = createRequire(import.meta.url).resolve("miniflare");
  return createRequire(miniflare)("workerd").default;
}
