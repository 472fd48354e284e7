/** Answers the question `argv[2]` in this process, which `scripts/bench.ts` starts and cleans up after. */
import { ensure } from "../scripts/debian.ts";
import { answer, type Bench } from "./answer.ts";
import { UsageError } from "./args.ts";
import { Measurement } from "./measurement.ts";

const [question = "", ...rest] = process.argv.slice(2);
// So that what a bench has set up, such as namespaces, is taken down by those who wait for the exit.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
// Who started this was killed on the spot: all of this group go.
process.on("disconnect", () => process.kill(0, "SIGTERM"));
const bench: Bench<unknown> = await import(`./${question}.bench.ts`);
try {
  const build = () => import("../scripts/build.ts");
  if (!(await answer(bench, new Measurement(question, rest), { build, ensure }))) process.exit(1);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exit(2);
}
process.exit();
