import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { CLIP_EPOCH_MS, makeClip } from "../support/clip.ts";
import { Sightline } from "../support/processes.ts";
import { RtspServer } from "../support/rtsp.ts";
import { stamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const PIPELINE = fileURLToPath(new URL("../fixtures/tcp-pipeline.py", import.meta.url));

async function counters(page: Parameters<typeof stamps>[0], count: number): Promise<number[]> {
  await page.waitForFunction((wanted) => (globalThis.sightlineStamps?.seen.length ?? 0) >= wanted, count, {
    timeout: 20_000,
  });
  const seen = await stamps(page);
  for (const { drawnAtMs } of seen) expect(Math.abs(drawnAtMs - CLIP_EPOCH_MS)).toBeLessThan(60_000);
  return seen.map(({ counter }) => counter);
}

it("plays a real H.264 file at its own pace, over and over", async ({ browser, stateDir }) => {
  const clip = join(stateDir, "clip.mp4");
  await makeClip(clip, { seconds: 2 });
  await using sender = new Sightline(["send", "--port", "0", "--camera", clip]);
  const page = await openLink(browser, await sender.link());
  const seen = await counters(page, 90);
  expect(new Set(seen).size).toBeGreaterThan(45);
  // Ninety pictures of a clip of sixty: it has begun again.
  expect(seen.some((counter, i) => i > 0 && counter < (seen[i - 1] ?? 0))).toBe(true);
  const [first, last] = [(await stamps(page))[0], (await stamps(page))[89]];
  expect((last?.seenAtMs ?? 0) - (first?.seenAtMs ?? 0)).toBeGreaterThan(2_500);
});

it("shows a real RTSP camera", async ({ browser, stateDir }) => {
  const clip = join(stateDir, "clip.mp4");
  await makeClip(clip, { seconds: 60, width: 320, height: 240 });
  await using camera = await RtspServer.open(clip);
  await using sender = new Sightline(["send", "--port", "0", "--camera", camera.url]);
  const seen = await counters(await openLink(browser, await sender.link()), 40);
  expect(new Set(seen).size).toBeGreaterThan(30);
});

it("shows a pipeline that serves MPEG-TS over TCP", async ({ browser, stateDir }) => {
  const clip = join(stateDir, "clip.mp4");
  await makeClip(clip, { seconds: 60, width: 320, height: 240 });
  const pipeline = `filesrc location=${clip} ! qtdemux ! h264parse config-interval=-1 ! mpegtsmux ! tcpserversink name=sink host=127.0.0.1 port=0 sync=true`;
  const program = spawn("/usr/bin/python3", [PIPELINE, pipeline], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [port] = await once(createInterface(program.stdout), "line");
    await using sender = new Sightline(["send", "--port", "0", "--camera", `tcp://127.0.0.1:${port}`]);
    const seen = await counters(await openLink(browser, await sender.link()), 40);
    expect(new Set(seen).size).toBeGreaterThan(30);
  } finally {
    program.kill();
  }
});

it("uses the camera only while somebody watches", async ({ browser, stateDir }) => {
  const clip = join(stateDir, "clip.mp4");
  await makeClip(clip, { seconds: 2 });
  await using sender = new Sightline(["send", "--port", "0", "--camera", clip]);
  const link = await sender.link();
  const isOpen = () => openFiles(sender.process.pid ?? 0).includes(clip);
  expect(isOpen()).toBe(false);
  const page = await openLink(browser, link);
  await counters(page, 10);
  expect(isOpen()).toBe(true);
  await page.close();
  await sender.event(({ event, state }) => event === "viewer" && state === "gone");
  await expect.poll(isOpen).toBe(false);
  await counters(await openLink(browser, link), 10);
});

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
