/** Answers the question `argv[2]` in this process, which `scripts/bench.ts` starts and cleans up after. */
import { ensure } from "../scripts/debian.ts";

const [question, ...rest] = process.argv.slice(2);
// So that what a bench has set up, such as namespaces, is taken down by those who wait for the exit.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
// Who started this was killed on the spot: all of this group go.
process.on("disconnect", () => process.kill(0, "SIGTERM"));
await import("../scripts/build.ts");
const bench = await import(`./${question}.bench.ts`);
if (!ensure(bench.needs)) process.exit(1);
await bench.run(rest);
process.exit();
