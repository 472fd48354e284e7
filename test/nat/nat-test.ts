import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import type { Browser } from "../support/browser.ts";
import { type Certificate, makeCertificate } from "../support/certificate.ts";
import { whyNot } from "./lab/namespace.ts";
import { openBrowser } from "./lab/page.ts";
import { type Host, Lab } from "./lab/topology.ts";
import { LabTurn } from "./lab/turn.ts";

const reason = whyNot();
if (reason) {
  console.warn(
    `SKIPPED: the tests with real NATs, because network namespaces cannot be made here (${reason}). Run them as root.`,
  );
}

interface Fixtures {
  /** Its routers are set by each test. */
  lab: Lab;
  dir: string;
  /** Of turn.lab. */
  certificate: Certificate;
  /** STUN and TURN on the internet, with coturn's defaults. */
  turn: LabTurn;
  /** Chromium on a host: one for all the file's tests, or a fresh one. */
  browserOn: (host: Host, fresh?: boolean) => Promise<Browser>;
}

const inLab = test.extend<Fixtures & { sharedLab: Lab }>({
  dir: [
    // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
    async ({}, use) => {
      const dir = mkdtempSync(join(tmpdir(), "sightline-lab-"));
      await use(dir);
      rmSync(dir, { recursive: true, force: true });
    },
    { scope: "file" },
  ],
  certificate: [async ({ dir }, use) => use(makeCertificate(dir, "turn.lab")), { scope: "file" }],
  turn: [
    async ({ sharedLab, certificate }, use) => {
      await using turn = await LabTurn.open(sharedLab.internet, certificate);
      await use(turn);
    },
    { scope: "file" },
  ],
  browserOn: [
    async ({ sharedLab, dir, certificate }, use) => {
      await using browsers = new AsyncDisposableStack();
      const open = new Map<Host, Promise<Browser>>();
      const flags = [`--ignore-certificate-errors-spki-list=${certificate.spki}`];
      const launch = async (host: Host) => browsers.use(await openBrowser(sharedLab.hosts[host], dir, flags));
      await use((host, fresh = false) => {
        if (fresh) return launch(host);
        const opened = open.get(host) ?? launch(host);
        open.set(host, opened);
        return opened;
      });
    },
    { scope: "file" },
  ],
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
