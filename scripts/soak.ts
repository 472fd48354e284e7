/** `npm run soak`: what takes hours to go wrong. Arguments go to vitest. */
import { spawnSync } from "node:child_process";
import { ensure, TEST_NEEDS } from "./debian.ts";

if (!ensure(TEST_NEEDS)) process.exit(1);
await import("./build.ts");
const env = { ...process.env, SIGHTLINE_SOAK: "1" };
const { status } = spawnSync("vitest", ["run", "--project", "soak", ...process.argv.slice(2)], {
  stdio: "inherit",
  env,
});
process.exitCode = status ?? 1;
