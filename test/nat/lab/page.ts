import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Browser } from "../../support/browser.ts";
import { stamps, watchStamps } from "../../support/stamps.ts";
import type { Namespace } from "./namespace.ts";

declare global {
  /** Every connection that the page made. */
  var laboratoryConnections: RTCPeerConnection[] | undefined;
}

/** The browser's own types are unknown to Node's. */
interface RTCPeerConnection {
  connectionState: string;
  getStats(): Promise<Map<string, Stats>>;
}
type Stats = { type: string; [member: string]: unknown };

const KEEP_CONNECTIONS = `
  globalThis.laboratoryConnections = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) { super(...args); laboratoryConnections.push(this); }
  };`;

/** Both ends of the path that the picture takes, as the viewer's ICE names them. */
export interface PathInUse {
  local: string;
  remote: string;
  /** How the viewer reaches its TURN server, when it uses one. */
  relayProtocol?: string;
  rttMs: number;
}

/** Chromium on one of the laboratory's machines. */
export async function openBrowser(host: Namespace, dir: string, flags: string[]): Promise<Browser> {
  const executable = join(dir, `chromium-${host.name}`);
  writeFileSync(executable, `#!/bin/sh\nexec ${host.via.join(" ")} /usr/bin/chromium "$@"\n`);
  chmodSync(executable, 0o755);
  return Browser.open({ executable, flags });
}

export async function openLink(browser: Browser, link: string): Promise<Page> {
  const page = await browser.page();
  await watchStamps(page);
  await page.addInitScript({ content: KEEP_CONNECTIONS });
  await page.goto(link);
  return page;
}

/** From the page's opening to the first frame that was decoded. */
export async function firstFrameMs(page: Page): Promise<number> {
  const [first] = await stamps(page);
  if (!first) throw new Error("no frame was shown");
  return Math.round(first.seenAtMs - (await page.evaluate(() => performance.timeOrigin)));
}

export async function pathInUse(page: Page): Promise<PathInUse> {
  const path = await page.evaluate(async () => {
    for (const connection of (globalThis.laboratoryConnections ?? []).toReversed()) {
      if (connection.connectionState !== "connected") continue;
      const stats = await connection.getStats();
      const transport = [...stats.values()].find(({ type }) => type === "transport");
      const pair = stats.get(String(transport?.selectedCandidatePairId));
      const local = stats.get(String(pair?.localCandidateId));
      const remote = stats.get(String(pair?.remoteCandidateId));
      if (!pair || !local || !remote) continue;
      return {
        local: String(local.candidateType),
        remote: String(remote.candidateType),
        relayProtocol: local.relayProtocol as string | undefined,
        rttMs: Math.round(Number(pair.currentRoundTripTime) * 1000),
      };
    }
    return undefined;
  });
  if (!path) throw new Error("no connection of the page stands");
  return path;
}

/** Waits until the page says something, and tells how long after its opening that was. */
export async function words(page: Page, says: RegExp, timeoutMs: number): Promise<{ said: string; tookMs: number }> {
  for (;;) {
    const said = (await page.locator("body").innerText()).replaceAll("\n", " ");
    const tookMs = Math.round(await page.evaluate(() => performance.now()));
    if (says.test(said)) return { said, tookMs };
    if (tookMs > timeoutMs) throw new Error(`the page says "${said}", not ${says}`);
    await page.waitForTimeout(50);
  }
}
