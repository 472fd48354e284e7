import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { Browser, SMALL_WINDOW } from "../../support/browser.ts";
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

/** How long packets are counted to know the path that they take. */
const MEASURED_MS = 250;

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

export function isRelayed({ local, remote }: PathInUse): boolean {
  return local === "relay" || remote === "relay";
}

/** Chromium on one of the laboratory's machines. */
export async function openBrowser(host: Namespace, dir: string, flags: string[]): Promise<Browser> {
  const executable = join(dir, `chromium-${host.name}`);
  writeFileSync(executable, `#!/bin/sh\nexec ${host.via.join(" ")} /usr/bin/chromium "$@"\n`);
  chmodSync(executable, 0o755);
  return Browser.open({ ...SMALL_WINDOW, executable, flags });
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

/** The page may just be changing over from one connection to another, when none stands for a moment. */
export async function pathInUse(page: Page): Promise<PathInUse> {
  for (let tries = 0; tries < 40; tries++) {
    const path = await pathNow(page);
    if (path) return path;
    await page.waitForTimeout(50);
  }
  throw new Error("no packets come to the page");
}

/** The pair on which packets come, whatever the viewer itself selected to send on. */
function pathNow(page: Page): Promise<PathInUse | undefined> {
  return page.evaluate(async (measuredMs) => {
    const connections = globalThis.laboratoryConnections ?? [];
    const read = () => Promise.all(connections.map((connection) => connection.getStats()));
    const before = await read();
    await new Promise((resolve) => setTimeout(resolve, measuredMs));
    const pairs = (await read()).flatMap((stats, i) =>
      [...stats.values()].flatMap((pair) => {
        if (pair.type !== "candidate-pair") return [];
        const received = Number(pair.packetsReceived) - Number(before[i]?.get(String(pair.id))?.packetsReceived ?? 0);
        return [
          {
            pair,
            received,
            local: stats.get(`${pair.localCandidateId}`),
            remote: stats.get(`${pair.remoteCandidateId}`),
            // Chromium goes on calling a relay "prflx" that it heard from before it was told of it.
            relayPorts: [...stats.values()].flatMap((each) =>
              each.type === "remote-candidate" && each.candidateType === "relay" ? [each.port] : [],
            ),
          },
        ];
      }),
    );
    const [busiest] = pairs.sort((a, b) => b.received - a.received);
    if (!busiest?.local || !busiest.remote || busiest.received < 3) return undefined;
    const { pair, local, remote, relayPorts } = busiest;
    const isOfRelay = remote.candidateType === "prflx" && relayPorts.includes(remote.port);
    return {
      local: String(local.candidateType),
      remote: isOfRelay ? "relay" : String(remote.candidateType),
      relayProtocol: local.relayProtocol as string | undefined,
      rttMs: Math.round(Number(pair.currentRoundTripTime) * 1000),
    };
  }, MEASURED_MS);
}

/** Waits until the page says something, and tells how long after its opening that was. */
export async function words(page: Page, says: RegExp, timeoutMs: number): Promise<{ said: string; tookMs: number }> {
  for (const giveUpMs = performance.now() + timeoutMs; ; ) {
    const said = (await page.locator("body").innerText()).replaceAll("\n", " ");
    const tookMs = Math.round(await page.evaluate(() => performance.now()));
    if (says.test(said)) return { said, tookMs };
    if (performance.now() > giveUpMs) throw new Error(`the page says "${said}", not ${says}`);
    await page.waitForTimeout(50);
  }
}
