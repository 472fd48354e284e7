/**
 * `npm run fuzz`: every target of test/fuzz in turn, five minutes in all. `-- --minutes 60` for longer, `-- --target rtcp`
 * for one, `-- --keep` to add inputs that reached new code to the corpus.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { targetNames } from "../test/fuzz/engine/corpus.ts";

/** A campaign is over by itself; one that is not hangs where its own watchdog cannot see. */
const GRACE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    target: { type: "string", multiple: true },
    seed: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const known = targetNames();
const targets = values.target ?? known;
const unknown = targets.filter((target) => !known.includes(target));
if (unknown.length > 0) {
  console.error(`There is no target ${unknown.join(", ")}. There are: ${known.join(", ")}`);
  process.exit(2);
}
const seconds = (Number(values.minutes) * 60) / targets.length;
if (!(seconds > 0)) {
  console.error("--minutes takes a number above zero.");
  process.exit(2);
}
const seed = values.seed ?? String(Date.now() % 1_000_000);
const run = fileURLToPath(new URL("../test/fuzz/engine/run.ts", import.meta.url));
const failed: string[] = [];
for (const target of targets) {
  const child = spawn(process.execPath, [run, target, String(seconds), seed], {
    stdio: "inherit",
    env: { ...process.env, ...(values.keep ? { FUZZ_KEEP: "1" } : {}) },
    timeout: seconds * 1_000 + GRACE_MS,
    killSignal: "SIGKILL",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) failed.push(target);
}
if (failed.length > 0) {
  console.error(
    `Something broke in: ${failed.join(", ")}. Put the input that did it into test/fuzz/corpus and mend it.`,
  );
}
process.exitCode = failed.length === 0 ? 0 : 1;
