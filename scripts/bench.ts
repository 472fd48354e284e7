/** `npm run bench -- QUESTION [--json] [--quick]`: answers one question about speed, measured here and now. */
import { readdirSync } from "node:fs";
import { ensure } from "./debian.ts";

const [question, ...rest] = process.argv.slice(2);
const questions = readdirSync(new URL("../bench", import.meta.url))
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.replace(".bench.ts", ""));

if (question === undefined || !questions.includes(question)) {
  console.error(`Which question? There are: ${questions.join(", ")}. For example: npm run bench -- ${questions[0]}`);
  process.exit(2);
}
await import("./build.ts");
const bench = await import(`../bench/${question}.bench.ts`);
if (!ensure(bench.needs)) process.exit(1);
// So that what a bench has set up, such as namespaces, is taken down by those who wait for the exit.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await bench.run(rest);
process.exit();
