import type { Page } from "playwright-core";
import { type SeenStamp, stamps, watchStamps } from "../../test/support/stamps.ts";

/** What the browser had received of video until then, as the link counts it but without padding. */
export interface Received {
  atMs: number;
  bytes: number;
  width: number;
}

/** What a viewer saw. */
export interface Observation {
  received: Received[];
  /** When each picture was shown, with a stamp that could be read or without. */
  shownAtMs: number[];
  seen: SeenStamp[];
}

const EVERY_MS = 100;
const SHOWN_LOOK_MS = 20;
const SHOWN_WITHIN_MS = 15_000;
/** Beside its payload: IP 20, UDP 8, RTP 12, header extensions about 12, authentication tag 10. */
const PACKET_OVERHEAD_BYTES = 62;
const WATCH_CONNECTIONS = `(() => {
  const connections = [];
  globalThis.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct(target, args) {
      const connection = new target(...args);
      connections.push(connection);
      return connection;
    },
  });
  const now = () => performance.timeOrigin + performance.now();
  const shown = globalThis.benchShown = [];
  const watch = () => {
    const video = document.querySelector("video");
    if (!video) return setTimeout(watch, 5);
    const look = () => {
      shown.push(now());
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  };
  watch();
  const received = globalThis.benchReceived = [];
  setInterval(async () => {
    let bytes = 0;
    let width = 0;
    for (const connection of connections) {
      for (const report of (await connection.getStats()).values()) {
        if (report.type !== "inbound-rtp" || report.kind !== "video") continue;
        bytes += report.bytesReceived + report.packetsReceived * ${PACKET_OVERHEAD_BYTES};
        width = report.frameWidth ?? width;
      }
    }
    received.push({ atMs: now(), bytes, width });
  }, ${EVERY_MS});
})()`;

/** Before the page is opened. */
export async function observe(page: Page): Promise<void> {
  await page.addInitScript({ content: WATCH_CONNECTIONS });
  await watchStamps(page);
}

/**
 * Resolves at the first picture, whichever page shows it: the scenario's clock starts then, alike for all.
 * @throws when none comes within 15 s
 */
export async function firstShown(page: Page): Promise<void> {
  await page.waitForFunction(() => Reflect.get(globalThis, "benchShown")?.length > 0, undefined, {
    polling: SHOWN_LOOK_MS,
    timeout: SHOWN_WITHIN_MS,
  });
}

export async function observation(page: Page): Promise<Observation> {
  const received = (await page.evaluate("benchReceived")) as Received[];
  const shownAtMs = (await page.evaluate("benchShown")) as number[];
  return { received, shownAtMs, seen: await stamps(page) };
}
