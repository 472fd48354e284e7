/** `node test/fuzz/engine/run.ts TARGET SECONDS SEED`: one campaign in a process of its own. Exits with 1 on a finding. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { guided } from "./campaign.ts";
import { corpusFolder, keep, readCorpus } from "./corpus.ts";
import { Coverage } from "./coverage.ts";
import type { FuzzTarget } from "./target.ts";
import { Watchdog } from "./watchdog.ts";

const [name = "", seconds = "10", seed = "1"] = process.argv.slice(2);
const keepsNews = process.env.FUZZ_KEEP === "1";

const coverage = new Coverage();
const { default: target } = (await import(`../targets/${name}.ts`)) as { default: FuzzTarget };
const findings = mkdtempSync(join(tmpdir(), `sightline-fuzz-${name}-`));
const watchdog = new Watchdog(findings, target.maxBytes);
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => void unhandled.push(reason));
process.on("uncaughtException", (reason) => void unhandled.push(reason));

await target.open?.();
const untilMs = performance.now() + Number(seconds) * 1_000;
const seeds = readCorpus(name).map(({ input }) => input);
let news = 0;
let last: Buffer = Buffer.alloc(0);
const outcome = await guided(target, seeds, {
  coverage,
  seed: Number(seed),
  goesOn: () => performance.now() < untilMs && unhandled.length === 0,
  onInput: (input) => {
    last = input;
    watchdog.note(input);
  },
  onNews: (input) => {
    news++;
    if (keepsNews) keep(corpusFolder(name), input);
  },
});
await target.close?.();
watchdog.end();
const finding = outcome.finding ?? (unhandled.length > 0 ? { input: last, error: unhandled[0] } : undefined);
console.log(
  `${name}: ${outcome.inputs} inputs, ${outcome.characters} characters of code, ${news} new paths, seed ${seed}`,
);
if (finding) {
  console.error(`${name}: FOUND ${keep(findings, finding.input)}\n${inspect(finding.error)}`);
  process.exit(1);
}
process.exit(0);
