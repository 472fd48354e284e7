import { expect } from "vitest";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps, stamps } from "../support/stamps.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

/** A session that survives its sender: `--session` and `--state`, on an edge of its own. */
function kept(edge: string, stateDir: string): Sightline {
  return new Sightline(["send", "--edge", edge, "--session", "robot-7", "--state", stateDir, ...SMALL_PICTURE]);
}

it("waits for a camera that is not there yet, and connects when it comes", async ({ browser, stateDir }) => {
  await using edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const first = kept(await edge.edge(), stateDir);
  const link = await first.link();
  expect(await first.stop()).toBe(0);

  const page = await openLink(browser, link);
  await waitForStatus(page, /^Waiting for the camera$/);
  await using sender = kept(await edge.edge(), stateDir);
  expect(await sender.link()).toBe(link);
  await movingStamps(page);
  await waitForStatus(page, /^Live$/);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  it(`comes back by itself when the sender is restarted after ${signal}`, async ({ browser, stateDir }) => {
    await using edge = new Sightline(["serve", "--port", "0", "--state", stateDir]);
    const first = kept(await edge.edge(), stateDir);
    const link = await first.link();
    const page = await openLink(browser, link);
    await movingStamps(page);
    await first.stop(signal);

    await using second = kept(await edge.edge(), stateDir);
    expect(await second.link()).toBe(link);
    await second.event(({ event, state }) => event === "viewer" && state === "connected");
    await movingStamps(page);
    await waitForStatus(page, /^Live$/);
  });
}

it("goes on showing the picture while the edge restarts", async ({ browser, stateDir }) => {
  const before = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const url = await before.edge();
  await using sender = new Sightline(["send", "--edge", url, "--state", stateDir, ...SMALL_PICTURE]);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);

  const from = (await stamps(page)).length;
  expect(await before.stop()).toBe(0);
  await movingStamps(page, 30);
  await using after = new Sightline(["serve", "--port", new URL(url).port, "--state", stateDir]);
  await movingStamps(page, 60);
  const seen = (await stamps(page)).slice(from);
  const gaps = seen.slice(1).map((stamp, i) => stamp.counter - (seen[i]?.counter ?? 0));
  // In frames that the sender drew; a busy machine skips some, a connection made anew would cost more.
  expect(Math.max(...gaps)).toBeLessThan(45);
  const connections = sender.events.filter(({ event, state }) => event === "viewer" && state === "connected");
  expect(connections).toHaveLength(1);

  await after.edge();
  const other = await openLink(browser, await sender.link());
  await movingStamps(other);
});

it("creates its session again on an edge that lost its memory", async ({ browser, stateDir }) => {
  const before = new Sightline(["serve", "--port", "0", "--state", stateDir]);
  const url = await before.edge();
  const key = { PUBLISH_KEY: "one-key-for-both-edges", SIGHTLINE_PUBLISH_KEY: "one-key-for-both-edges" };
  expect(await before.stop()).toBe(0);
  const first = new Sightline(["serve", "--port", new URL(url).port, "--state", `${stateDir}/a`], key);
  await first.edge();
  await using sender = new Sightline(["send", "--edge", url, ...SMALL_PICTURE], key);
  const link = await sender.link();
  expect(await first.stop()).toBe(0);
  await using second = new Sightline(["serve", "--port", new URL(url).port, "--state", `${stateDir}/b`], key);
  await second.edge();
  await movingStamps(await openLink(browser, link));
});
