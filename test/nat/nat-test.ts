import { test } from "vitest";
import { whyNot } from "./lab/namespace.ts";
import { Lab } from "./lab/topology.ts";

const reason = whyNot();
if (reason) {
  console.warn(
    `SKIPPED: the tests with real NATs, because network namespaces cannot be made here (${reason}). Run them as root.`,
  );
}

interface Fixtures {
  /** Its routers are set by each test. */
  lab: Lab;
}

const inLab = test.extend<Fixtures & { sharedLab: Lab }>({
  sharedLab: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      using lab = new Lab();
      await use(lab);
    },
    { scope: "file" },
  ],
  lab: async ({ sharedLab }, use) => {
    for (const host of ["robot", "viewer", "neighbour"] as const) sharedLab.setFamilies(host, "ip4");
    for (const side of ["robot", "viewer"] as const) sharedLab.setUplink(side, true);
    sharedLab.setIsolated(false);
    await use(sharedLab);
  },
});

/** Where the kernel allows no namespaces, skipped and so counted. */
export const it = inLab.skipIf(reason !== undefined);
