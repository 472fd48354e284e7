/** `npm run check`: format, lint, types for each runtime, import rules, and the deployment's configuration. */
import { spawnSync } from "node:child_process";

const steps: [string, ...string[]][] = [
  ["biome", "check", "--error-on-warnings", "."],
  ["tsc", "-p", "tsconfig.worker.json"],
  ["tsc", "-p", "tsconfig.sender.json"],
  ["tsc", "-p", "tsconfig.web.json"],
  ["vitest", "run", "--project", "rules"],
  ["wrangler", "deploy", "--dry-run", "--outdir", "dist/dry-run"],
];

for (const [command, ...args] of steps) {
  console.log(`\n$ ${command} ${args.join(" ")}`);
  const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false" };
  const { status } = spawnSync(command, args, { stdio: "inherit", env });
  if (status !== 0) process.exit(1);
}
