/**
 * A new viewer link for a session that runs, such as after each visit: the old one dies, and whoever came by it is
 * dropped. Run it on the machine that the sender runs on, for its state folder is what the sender believes.
 *
 * Try it: `npm start -- --session door` in one terminal, `npx node examples/04-rotate-links.ts --session door` in another.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { OutputEvent } from "../src/sender/output.ts";

const command = fileURLToPath(new URL("../src/sender/cli.ts", import.meta.url));
const args = [command, "rotate", "--role", "viewer", "--json", ...process.argv.slice(2)];
// A refusal is an `error` event on stdout and another exit code than 0, which execFile rejects with.
const { stdout } = await promisify(execFile)(process.execPath, args).catch((failed: { stdout: string }) => {
  process.exitCode = 1;
  return failed;
});
for (const line of stdout.trim().split("\n")) {
  const event: OutputEvent = JSON.parse(line);
  if (event.event === "link") console.log(`The new link: ${event.url}`);
  if (event.event === "error") console.error(event.message);
}
