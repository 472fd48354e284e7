/** `npm run bench -- QUESTION [--json] [--quick]`: answers one question about speed, measured here and now. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { contained } from "./contained.ts";

const [question, ...rest] = process.argv.slice(2);
const questions = readdirSync(new URL("../bench", import.meta.url))
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.replace(".bench.ts", ""));

if (question === undefined || !questions.includes(question)) {
  console.error(`Which question? There are: ${questions.join(", ")}. For example: npm run bench -- ${questions[0]}`);
  process.exit(2);
}
const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ended.abort());
const program = fileURLToPath(new URL("../bench/run.ts", import.meta.url));
process.exitCode = await contained(program, [question, ...rest], ended.signal);
