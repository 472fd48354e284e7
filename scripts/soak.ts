/**
 * `npm run soak`: what takes hours to go wrong. `--minutes N` and `--seed N` are for the loop of faults; other arguments
 * go to vitest, such as `soak/faults` for that file alone.
 */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { ensure, TEST_NEEDS } from "./debian.ts";

const { values, tokens } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, seed: { type: "string", default: "1" } },
  strict: false,
  tokens: true,
});
const OURS = ["minutes", "seed"];
const ours = new Set(tokens.flatMap((token) => ("name" in token && OURS.includes(token.name) ? [token.index] : [])));
const rest = tokens
  .filter(({ index }) => !ours.has(index))
  .flatMap((token) => process.argv.slice(2)[token.index] ?? []);

if (!ensure(TEST_NEEDS)) process.exit(1);
await import("./build.ts");
const env = {
  ...process.env,
  SIGHTLINE_SOAK: "1",
  SIGHTLINE_SOAK_MINUTES: String(values.minutes),
  SIGHTLINE_SOAK_SEED: String(values.seed),
};
const { status } = spawnSync("vitest", ["run", "--project", "soak", ...rest], {
  stdio: "inherit",
  env,
});
process.exitCode = status ?? 1;
