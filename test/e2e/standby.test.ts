import type { Page } from "playwright-core";
import { expect } from "vitest";
import { movingStamps } from "../support/stamps.ts";
import { only, openTamperedPath, type TamperedPath } from "../support/tampered-path.ts";
import type { Message } from "../support/tampering-edge.ts";
import { openLink, waitForStatus } from "../support/viewing.ts";
import { it as inBrowser } from "./browser-test.ts";

const it = inBrowser.extend<{ path: TamperedPath }>({
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads the parameter's pattern
  path: async ({}, use) => {
    await using path = await openTamperedPath();
    await use(path);
  },
});

const connected = ({ sender }: TamperedPath) => sender.events.filter(({ state }) => state === "connected");
/** The edge has it, for the nth time. */
const left = ({ tampered }: TamperedPath, times = 1) =>
  expect.poll(() => tampered.passed.filter(({ type, standby }) => type === "standby" && standby).length).toBe(times);
const reached = (page: Page) =>
  page.evaluate(async () => Object.keys((await Reflect.get(globalThis, "sightline").stats()).timings));

it("what the sender has ready is where the viewer looks for a path before its answer is there", async ({
  browser,
  path,
}) => {
  await left(path);
  const held = Promise.withResolvers<void>();
  path.tampered.tamper = async (message, _towards, from) => {
    if (message.type === "answer" && from === "edge") await held.promise;
    return [message];
  };
  const page = await openLink(browser, path.link);
  await movingStamps(page);
  expect(connected(path)).toHaveLength(1);
  held.resolve();
  await waitForStatus(page, /^Live$/);
  expect(await reached(page)).toContain("standby");
  expect(connected(path)).toHaveLength(1);
});

it("what the sender has ready is not used when it is altered by one character", async ({ browser, path }) => {
  await left(path);
  path.tampered.tamper = only("standby", (standby) => [{ ...standby, text: `${standby.text} ` }]);
  const page = await openLink(browser, path.link);
  await movingStamps(page);
  await waitForStatus(page, /^Live$/);
  expect(await reached(page)).not.toContain("standby");
});

it("what the sender has ready is another viewer's when the edge hands it out twice, who is answered from elsewhere", async ({
  browser,
  path,
}) => {
  await left(path);
  let first: Message | undefined;
  path.tampered.tamper = only("standby", (standby) => {
    first ??= standby;
    return [first];
  });
  await movingStamps(await openLink(browser, path.link));
  await left(path, 2);
  const second = await openLink(browser, path.link);
  await movingStamps(second);
  await waitForStatus(second, /^Live$/);
  const offers = path.tampered.passed.filter(({ type, standby }) => type === "offer" && typeof standby === "string");
  expect(offers.map(({ connection }) => connection)).toEqual([0, 0]);
});

it("what the sender has ready ends with an answer that is not genuine", async ({ browser, path }) => {
  await left(path);
  path.tampered.tamper = only("answer", ({ proof, ...answer }) => [answer]);
  await waitForStatus(await openLink(browser, path.link), /^Not connected$/);
});
