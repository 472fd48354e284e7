import { availableParallelism } from "node:os";
import { expect } from "vitest";
import { DEFAULT_HALLS } from "../../src/sender/delivery/halls.ts";
import { Crowd } from "../support/crowd.ts";
import { Inside } from "../support/inside.ts";
import { Sightline } from "../support/processes.ts";
import { SMALL_PICTURE } from "../support/small-picture.ts";
import { movingStamps } from "../support/stamps.ts";
import { openLink } from "../support/viewing.ts";
import { it } from "./browser-test.ts";

const viewersOf = (sender: Sightline) => sender.events.filter(({ event }) => event === "viewer");

it("a thread of the sender that fails costs its viewers a new connection, and the others nothing", async ({
  browser,
  stateDir,
  skip,
}) => {
  skip(availableParallelism() < 2, "On one core the sender has no other thread.");
  const inside = new Inside(stateDir);
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE], inside.env);
  const link = await sender.link();
  using crowd = new Crowd(link);
  await crowd.enter(DEFAULT_HALLS.mainViewers);
  const others = viewersOf(sender).length;
  const page = await openLink(browser, link);
  await movingStamps(page);
  expect(await inside.breakThreads()).toBeGreaterThan(0);
  const said = () => sender.stderr.filter((line) => /thread/.test(line));
  await expect.poll(said).toHaveLength(1);
  await crowd.packets();
  await movingStamps(page, 30);
  expect(Math.min(...(await crowd.packets()))).toBeGreaterThan(0);
  const own = viewersOf(sender).slice(others);
  expect(new Set(own.map(({ id }) => id)).size).toBe(1);
  // It is told, and does not have to find out by the silence.
  expect(own.map(({ state }) => state)).toEqual(["connected", "gone", "connected"]);
  expect((await inside.held()).halls).toBe(1);
  expect(said()).toHaveLength(1);
});

it("an encoder that fails on a picture is named, and shows the next ones on the same connection", async ({
  browser,
  stateDir,
}) => {
  const inside = new Inside(stateDir);
  await using sender = new Sightline(["send", "--port", "0", "--state", stateDir, ...SMALL_PICTURE], inside.env);
  const page = await openLink(browser, await sender.link());
  await movingStamps(page);
  await inside.breakEncoder();
  const said = await sender.event(({ event }) => event === "error");
  expect(said.message).toMatch(/Trying again in [\d.]+ s\.$/);
  await movingStamps(page, 30);
  expect(sender.events.filter(({ event }) => event === "error")).toHaveLength(1);
  expect(viewersOf(sender)).toHaveLength(1);
});
