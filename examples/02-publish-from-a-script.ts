/**
 * A camera published by a program of one's own: the command runs as a child and says what happens, one JSON object a
 * line. Options go on to `sightline send`.
 *
 * Try it: `npm run build`, then `npx node examples/02-publish-from-a-script.ts --port 0`. Ctrl-C ends both.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { OutputEvent } from "../src/sender/output.ts";

// In a program of your own: spawn("sightline", ["send", ...]), installed from `npm pack` here. Not by npx: the package is
// in no registry, and npx would run whatever somebody publishes under its name.
const command = fileURLToPath(new URL("../src/sender/cli.ts", import.meta.url));
const sender = spawn(process.execPath, [command, "send", "--json", ...process.argv.slice(2)], {
  stdio: ["ignore", "pipe", "inherit"],
});
// A service manager tells this process alone; a terminal tells both, and being told twice ends the command at once.
process.once("SIGTERM", () => sender.kill("SIGTERM"));
process.once("SIGINT", () => undefined);
sender.once("exit", (code) => {
  process.exitCode = code ?? 1;
});

const watching = new Set<string>();
for await (const line of createInterface(sender.stdout)) {
  const event: OutputEvent = JSON.parse(line);
  switch (event.event) {
    case "link":
      if (event.role === "viewer") console.log(`Send this to whoever may watch: ${event.url}`);
      break;
    case "viewer":
      event.state === "gone" ? watching.delete(event.id) : watching.add(event.id);
      console.log(`${watching.size} watching`);
      break;
    case "error":
      console.error(`${event.code}: ${event.message}`);
  }
}
