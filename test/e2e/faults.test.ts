import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "vitest";
import { Browser } from "../support/browser.ts";
import { makeClip } from "../support/clip.ts";
import { Sightline } from "../support/processes.ts";
import { RtspServer } from "../support/rtsp.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, stamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

it("an edge that is killed twice takes nobody's picture away, and lets the next one in", async ({
  browser,
  stateDir,
}) => {
  let edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const url = await edge.edge();
  await using sender = new Sightline(["send", "--edge", url, "--state", stateDir, ...SMALL_PICTURE]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  for (let time = 0; time < 2; time++) {
    await edge.stop("SIGKILL");
    await movingStamps(page, 30);
    edge = new Sightline(["serve", "--port", new URL(url).port, "--state", stateDir]);
    await edge.edge();
    await movingStamps(page, 30);
  }
  await using _ = edge;
  await movingStamps(await openLink(browser, await sender.link()), 15, 30_000);
});

it("a camera that loses its power is named once a try, to who watches too, and shown again when it is back", async ({
  browser,
  stateDir,
}) => {
  const clip = join(stateDir, "clip.mp4");
  await makeClip(clip, { seconds: 60, width: 320, height: 240 });
  const camera = await RtspServer.open(clip);
  await using sender = new Sightline(["send", "--port", "0", "--camera", camera.url]);
  const page = await openLink(browser, await sender.link());
  const frames = () =>
    page
      .locator("video")
      .evaluate((video) => Reflect.get(video, "getVideoPlaybackQuality").call(video).totalVideoFrames);
  await expect.poll(frames, { timeout: 20_000 }).toBeGreaterThan(20);
  await camera.kill();
  const said = await sender.event(({ event }) => event === "error", 30_000);
  expect(said.message).toMatch(/Trying again in [\d.]+ s\.$/);
  await expect.poll(() => page.locator("#detail").textContent(), { timeout: 60_000 }).toContain("sends no picture");
  await using _ = await RtspServer.open(clip, camera.port);
  const before = await frames();
  await expect.poll(frames, { timeout: 40_000 }).toBeGreaterThan(before + 20);
}, 180_000);

it("a viewer's machine that stops dead, and comes back, disturbs no other", async ({ browser, stateDir }) => {
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE]);
  const link = await sender.link();
  const page = await openLink(browser, link);
  await movingStamps(page);
  await using other = await Browser.open();
  const stopped = await openLink(other, link);
  await movingStamps(stopped);
  const pids = processesOf(other.profile);
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  try {
    const from = (await stamps(page)).length;
    await movingStamps(page, 150, 20_000);
    const seen = (await stamps(page)).slice(from);
    const steps = seen.slice(1).map(({ counter }, i) => counter - (seen[i]?.counter ?? 0));
    expect(Math.max(...steps)).toBeLessThan(30);
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
  await movingStamps(stopped, 15, 30_000);
});

it("an edge whose disk is full takes nobody's picture away, and lets the next one in", async ({
  browser,
  stateDir,
  skip,
}) => {
  const disk = join(stateDir, "disk");
  execFileSync("mkdir", [disk]);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    skip("Only root may mount a small disk, and not in every container.");
  }
  try {
    await using sender = new Sightline(["send", "--port", "0", "--state", disk, ...SMALL_PICTURE]);
    const page = await openLink(browser, await sender.link());
    await movingStamps(page);
    try {
      execFileSync("dd", ["if=/dev/zero", `of=${join(disk, "filler")}`, "bs=1k", "count=1024"], { stdio: "ignore" });
    } catch {
      // Full, as it should be.
    }
    await movingStamps(page, 30);
    // What lets a viewer in is kept in memory until there is room.
    const late = await openLink(browser, await sender.link());
    await movingStamps(late, 15, 30_000);
    execFileSync("rm", [join(disk, "filler")]);
    await movingStamps(late, 30);
    // Behind another page, Chromium draws it once a second.
    await movingStamps(page, 5);
  } finally {
    execFileSync("umount", ["-l", disk]);
  }
}, 120_000);

/** A browser's processes, by its profile. */
function processesOf(profile: string): number[] {
  return execFileSync("pgrep", ["-f", profile]).toString().trim().split("\n").map(Number);
}
