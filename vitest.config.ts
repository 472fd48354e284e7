import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes hours: `npm run soak`. */
const soak = {
  test: {
    name: "soak",
    environment: "node" as const,
    include: ["test/soak/**/*.test.ts"],
    hookTimeout: 60_000,
    fileParallelism: false,
  },
};

/** Of the laboratory, minutes that ask for no speed: beside the units, before all that asks how fast something is. */
const endurance = ["test/nat/roaming.test.ts", "test/nat/direct.test.ts", "test/nat/revoked.test.ts"];

/** Whose matter is how fast something is, or who gets the processors: one at a time, and nothing beside them. */
const alone = [
  "test/e2e/ladder.test.ts",
  "test/e2e/rush.test.ts",
  "test/e2e/playout.test.ts",
  "test/e2e/first-light.test.ts",
  "test/e2e/packet-path.test.ts",
];

/** What takes long, the longest first, so that none is left over at the end. */
const LONGEST = [
  "test/nat/roaming.test.ts",
  "test/e2e/turn.test.ts",
  "test/e2e/faults.test.ts",
  "test/e2e/owner.test.ts",
  "test/e2e/absence.test.ts",
  "test/e2e/page-faults.test.ts",
  "test/e2e/fuzz-edge.test.ts",
  "test/nat/direct.test.ts",
  "test/e2e/clock.test.ts",
  "test/e2e/quiet-path.test.ts",
  "test/nat/revoked.test.ts",
  "test/e2e/command.test.ts",
  "test/sender/session.test.ts",
  "test/sender/relay-client.test.ts",
  "test/e2e/cameras.test.ts",
  "test/e2e/first-offer.test.ts",
  "test/e2e/inside-faults.test.ts",
  "test/e2e/tampering.test.ts",
  "test/e2e/eviction.test.ts",
  "test/e2e/examples.test.ts",
  "test/e2e/stats.test.ts",
  "test/e2e/standby.test.ts",
  "test/e2e/turn-restart.test.ts",
  "test/e2e/refusals.test.ts",
  "test/e2e/firefox.test.ts",
  "test/e2e/whep.test.ts",
  "test/sender/coming-and-going.test.ts",
  // After the others, in the laboratory.
  "test/nat/servers-away.test.ts",
  "test/nat/surroundings.test.ts",
  "test/nat/routers.test.ts",
  "test/nat/firewalls.test.ts",
];

/**
 * The runner begins with the largest file, where it does not know yet how long each takes. The Worker's files share one
 * runtime, one after the other: all of them behind the first two, so that they take one place, and are not left over.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      if (moduleId.includes("/test/worker/")) return 1.5;
      const at = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/**
 * Real browsers, kernels, sockets and encoders on a machine that does other things, too: tried twice. What needed the
 * second try is named at the end of `npm test`.
 */
const TWICE = { retry: 1 };
/** What comes by itself is waited for by `expect.poll`: how fast it comes is no matter of these tests. */
const POLL = { poll: { timeout: 20_000 } };
const patience = { testTimeout: 60_000, hookTimeout: 60_000, expect: POLL, ...TWICE };

/** Of the sender's. */
const pure = ["test/sender/congestion/**/*.test.ts", "test/sender/pacer/**/*.test.ts"];

/** One process serves many files. */
const TOGETHER = { isolate: false };

/**
 * Of the sender's, what asks for a process that nobody has used: for werift as it comes, which others' repairs have altered
 * by then, for modules that it replaces or loads anew, for no socket but its own, or to end a viewers' thread, which may end the process.
 */
const unshared = [
  "test/sender/dtls-flight.test.ts",
  "test/sender/fewer-keys.test.ts",
  "test/sender/native-x25519.test.ts",
  "test/sender/udp-bind.test.ts",
  ...globSync("test/sender/**/*.test.ts", { cwd: import.meta.dirname }).filter((path) =>
    /vi\.(mock|resetModules)\(|getActiveResourcesInfo|hall-thread/.test(
      readFileSync(join(import.meta.dirname, path), "utf8"),
    ),
  ),
];

/** One project for each place that tests run in; `npm test -- --project NAME` runs one alone. */
export default defineConfig({
  test: {
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { name: "endurance", environment: "node", include: endurance, ...patience } },
      { test: { name: "rules", environment: "node", include: ["test/rules/**/*.test.ts"], ...TOGETHER } },
      { test: { name: "protocol", environment: "node", include: ["test/protocol/**/*.test.ts"], ...TOGETHER } },
      {
        plugins: [
          cloudflareTest({
            main: "./src/worker/index.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { PUBLISH_KEY: "test-publish-key", ICE_SERVERS: '[{"urls":"stun:stun.example:3478"}]' },
              assets: {
                directory: "./test/worker/assets",
                binding: "ASSETS",
                run_worker_first: true,
                assetConfig: { html_handling: "none", not_found_handling: "none" },
              },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts"],
          globalSetup: "./test/support/turn-api.ts",
          ...patience,
        },
      },
      {
        test: {
          name: "sender",
          environment: "node",
          include: ["test/sender/**/*.test.ts"],
          exclude: [...pure, ...unshared],
          ...patience,
          ...TOGETHER,
        },
      },
      { test: { name: "unshared", environment: "node", include: unshared, ...patience } },
      { test: { name: "pure", environment: "node", include: pure, testTimeout: 60_000, ...TOGETHER } },
      { test: { name: "web", environment: "node", include: ["test/web/**/*.test.ts"], ...TOGETHER } },
      { test: { name: "fuzz", environment: "node", include: ["test/fuzz/**/*.test.ts"], ...TOGETHER } },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.test.ts"],
          exclude: alone,
          ...patience,
        },
      },
      {
        test: {
          name: "alone",
          environment: "node",
          include: alone,
          ...patience,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "nat",
          environment: "node",
          include: ["test/nat/**/*.test.ts"],
          exclude: endurance,
          ...patience,
          // Each file waits for its own network for the most part.
          maxWorkers: 3,
          sequence: { groupOrder: 2 },
        },
      },
      ...(process.env.SIGHTLINE_SOAK ? [soak] : []),
    ],
  },
});
