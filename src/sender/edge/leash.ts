import { spawnSync } from "node:child_process";

/**
 * The command that runs `command` for as long as this process lives, also when this one is killed: an orphan would keep
 * the port. Where Linux's setpriv (util-linux) is missing it is as given, and ends when this process exits of itself.
 */
export function leashed(command: readonly string[]): readonly string[] {
  hasLeash ??= canRun([...LEASH, "true"]);
  return hasLeash ? [...LEASH, ...command] : command;
}

const LEASH = ["setpriv", "--pdeathsig", "KILL"];
/** Once a process: to ask stops everything else. */
let hasLeash: boolean | undefined;

/** BusyBox has a setpriv too, but another one. */
function canRun([file = "", ...args]: string[]): boolean {
  return process.platform === "linux" && spawnSync(file, args, { stdio: "ignore" }).status === 0;
}
