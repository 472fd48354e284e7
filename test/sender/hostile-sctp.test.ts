import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MediaViewer } from "../support/media-viewer.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(() => void process.off("unhandledRejection", note));

// Found by test/fuzz: in werift 0.25.2 the first of these ended the process.
it("data that is no SCTP ends neither the sender nor the viewer's stream", async () => {
  await using viewer = await MediaViewer.open({ data: true });
  await expect.poll(() => viewer.peer.state, { timeout: 5_000 }).toBe("connected");
  for (const bytes of [1, 11, 12, 13, 40, 1_000]) await viewer.sendData(Buffer.alloc(bytes, bytes));
  await sleep(50);
  expect(unhandled).toEqual([]);
  expect(viewer.peer.state).toBe("connected");
});
