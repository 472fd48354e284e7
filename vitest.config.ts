import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** One project for each place that tests run in; `npm test -- --project NAME` runs one alone. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "rules", environment: "node", include: ["test/rules/**/*.test.ts"] } },
      { test: { name: "protocol", environment: "node", include: ["test/protocol/**/*.test.ts"] } },
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
        test: { name: "worker", include: ["test/worker/**/*.test.ts"], globalSetup: "./test/support/turn-api.ts" },
      },
      { test: { name: "sender", environment: "node", include: ["test/sender/**/*.test.ts"] } },
      { test: { name: "web", environment: "node", include: ["test/web/**/*.test.ts"] } },
      {
        test: {
          name: "e2e",
          environment: "node",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Browsers and encoders need the cores that the others would take.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "nat",
          environment: "node",
          include: ["test/nat/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
