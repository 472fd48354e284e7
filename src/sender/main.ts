import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { runSend } from "./agent.ts";
import { parseCommand } from "./command/parse.ts";
import { EXIT } from "./errors.ts";
import { collectSeldom } from "./garbage.ts";
import { humanOutput, jsonOutput, reportFailure } from "./output.ts";
import { runOwner } from "./owner/owner.ts";
import { runServe } from "./serve.ts";
import { TerminalQueue } from "./terminal-queue.ts";

/** A terminal sends Ctrl-C to npm and to this process, and npm hands its own on: that is asked once. */
const ASKED_ONCE_MS = 1_000;
/** At the end a terminal that is stopped is waited for so long. */
const FLUSH_MS = 1_000;

// FFmpeg would write its own lines between ours; what matters of them is in our messages.
Log.setLevel(AV_LOG_QUIET);
collectSeldom();

const terminals = new TerminalQueue();
const exitCode = await main(process.argv.slice(2));
await terminals.drain(FLUSH_MS);
// Whatever a library still holds open ends here: everything of ours is closed.
leave(exitCode);

function leave(code: number): void {
  // Killed, its exit code is lost; the other way it would never end.
  if (terminals.isStuck) process.kill(process.pid, "SIGKILL");
  process.exit(code);
}

async function main(argv: string[]): Promise<number> {
  const output = argv.includes("--json") ? jsonOutput(terminals) : humanOutput(terminals);
  const abort = new AbortController();
  let askedAtMs: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      askedAtMs ??= performance.now();
      // Asked twice, it does not wait for anybody.
      if (performance.now() - askedAtMs > ASKED_ONCE_MS) leave(EXIT.failed);
      abort.abort();
    });
  }
  // Whoever read the links has gone, as after a signal: `sightline send --json | head -1`.
  process.stdout.on("error", () => abort.abort());
  process.stderr.on("error", () => {});
  try {
    const command = parseCommand(argv, process.env);
    if (command.kind === "text") process.stdout.write(command.text);
    else if (command.kind === "send") await runSend(command.config, process.env, output, abort.signal);
    else if (command.kind === "owner") await runOwner(command.config, output);
    else await runServe(command.config, process.env, output, abort.signal);
    return EXIT.ok;
  } catch (error) {
    if (abort.signal.aborted) return EXIT.ok;
    return reportFailure(output, error);
  }
}
