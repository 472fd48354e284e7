import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { Browser, SMALL_WINDOW } from "./browser.ts";
import { makeCertificate } from "./certificate.ts";
import { Coturn } from "./coturn.ts";
import { Sightline } from "./processes.ts";
import { SMALL_PICTURE } from "./small-picture.ts";
import { movingStamps, stamps } from "./stamps.ts";
import { openLink } from "./viewing.ts";

const LOOK_MS = 500;

export interface RelayedOptions {
  stateDir: string;
  /** coturn's arguments, besides those of the tests. */
  coturn?: string[];
  /** What the edge hands out lives so long. */
  ttlS: number;
  /** Ends every allocation that is older than the credentials, as a provider may. */
  cut?: boolean;
  durationS: number;
}

export interface Relayed {
  transport: string;
  /** The longest time between two frames on the page. */
  longestGapMs: number;
  /** How often the viewer made a connection. */
  connections: number;
}

/** Streams through one TURN server by UDP, TCP and TLS at once: a sender and a page for each. */
export async function streamRelayed(options: RelayedOptions): Promise<Relayed[]> {
  const { stateDir, ttlS, durationS } = options;
  const certificate = makeCertificate(stateDir, "localhost");
  const flags = [`--ignore-certificate-errors-spki-list=${certificate.spki}`];
  await using turn = await Coturn.open(options.coturn, certificate);
  await using stack = new AsyncDisposableStack();
  const urls = {
    udp: `${turn.url}?transport=udp`,
    tcp: `${turn.url}?transport=tcp`,
    tls: turn.tlsUrl.replace("127.0.0.1", "localhost"),
  };
  const streams: { transport: string; sender: Sightline; page: Page; from: number }[] = [];
  for (const [transport, url] of Object.entries(urls)) {
    const sender = stack.use(
      new Sightline(["send", "--port", "0", "--relay-only", "--state", `${stateDir}/${transport}`, ...SMALL_PICTURE], {
        TURN_URLS: url,
        TURN_SHARED_SECRET: Coturn.secret,
        TURN_TTL: String(ttlS),
        NODE_EXTRA_CA_CERTS: certificate.authority,
      }),
    );
    // Its own: behind another page Chromium draws one once a second.
    const browser = stack.use(await Browser.open({ ...SMALL_WINDOW, flags }));
    const page = await openLink(browser, await sender.link());
    await movingStamps(page);
    streams.push({ transport, sender, page, from: (await stamps(page)).length });
  }
  for (const endMs = Date.now() + durationS * 1_000; Date.now() < endMs; await sleep(LOOK_MS)) {
    if (options.cut) await turn.cutOlderThan(ttlS * 1_000);
  }
  // Awaited here, before everything is closed.
  return await Promise.all(
    streams.map(async ({ transport, sender, page, from }) => {
      await movingStamps(page);
      const seen = (await stamps(page)).slice(from);
      const gapsMs = seen.slice(1).map(({ seenAtMs }, i) => seenAtMs - (seen[i]?.seenAtMs ?? 0));
      const connected = sender.events.filter(({ event, state }) => event === "viewer" && state === "connected");
      return { transport, longestGapMs: Math.round(Math.max(...gapsMs)), connections: connected.length };
    }),
  );
}
