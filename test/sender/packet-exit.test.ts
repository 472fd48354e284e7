import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { CandidatePair } from "werift";
import type { Departed } from "../../src/sender/peer/media-sender.ts";
import { BatchSend, type BatchTarget } from "../../src/sender/peer/native/batch-send.ts";
import { nativeLibrary } from "../../src/sender/peer/native/library.ts";
import { MediaViewer } from "../support/media-viewer.ts";
import { sendSingly } from "../support/singly.ts";
import { withoutChecksums } from "../support/without-checksums.ts";

const PATIENCE = { timeout: 10_000, interval: 20 };

async function connected(): Promise<MediaViewer> {
  const viewer = await MediaViewer.open();
  await vi.waitFor(() => expect([viewer.peer.state, viewer.state]).toEqual(["connected", "connected"]), PATIENCE);
  return viewer;
}

/** Pictures as the packetizer makes them, a few in the same turn. */
async function sendPictures(viewer: MediaViewer, count: number): Promise<Departed[]> {
  const sent: Departed[] = [];
  for (let i = 0; i < count; i++) {
    const payloads = [900, 900, 900, 250].map((length, part) => Buffer.alloc(length, i * 31 + part));
    sent.push(...viewer.peer.send(payloads, i === 0, performance.now()));
    if (i % 3 === 0) await sleep(3);
  }
  return sent;
}

async function expectAll(viewer: MediaViewer, sent: readonly Departed[]): Promise<void> {
  await vi.waitFor(() => expect(viewer.packets).toHaveLength(sent.length), PATIENCE);
  expect(viewer.packets.map((packet) => viewer.transportNumber(packet))).toEqual(sent.map(({ number }) => number));
  expect(viewer.peer.sendErrors).toBe(0);
}

describe.skipIf(!nativeLibrary())("a viewer on a direct path", () => {
  const { send } = BatchSend.prototype;

  it("is sent a picture with one call, stamped once", async () => {
    await using viewer = await connected();
    const calls = vi.spyOn(BatchSend.prototype, "send");
    const sent = await sendPictures(viewer, 10);
    await expectAll(viewer, sent);
    const pictures = calls.mock.calls.filter(([, packets]) => packets.length === 4);
    expect(pictures).toHaveLength(10);
    expect(calls.mock.results.every(({ value }) => value.refused === false)).toBe(true);
    for (let i = 0; i < sent.length; i += 4) {
      expect(new Set(sent.slice(i, i + 4).map(({ sentAtMs }) => sentAtMs)).size).toBe(1);
    }
    calls.mockRestore();
  });

  it("gets what a full socket did not take by Node's own sending, and nothing overtakes it", async () => {
    await using viewer = await connected();
    let calls = 0;
    const halves = vi.spyOn(BatchSend.prototype, "send").mockImplementation(function (
      this: BatchSend,
      target: BatchTarget,
      packets: readonly Buffer[],
    ) {
      const some = calls++ % 2 ? packets.slice(0, 2) : packets;
      return { ...send.call(this, target, some), refused: false };
    });
    await expectAll(viewer, await sendPictures(viewer, 40));
    expect(calls).toBeGreaterThan(10);
    halves.mockRestore();
  });

  it("gets everything where the kernel refuses the first batch, which is then not tried again", async () => {
    await using viewer = await connected();
    const calls = vi.spyOn(BatchSend.prototype, "send").mockImplementation(function (
      this: BatchSend,
      target: BatchTarget,
      packets: readonly Buffer[],
    ) {
      withoutChecksums(target.descriptor);
      return send.call(this, target, packets);
    });
    await expectAll(viewer, await sendPictures(viewer, 20));
    expect(calls.mock.results.filter(({ value }) => value.refused)).toHaveLength(1);
    expect(calls.mock.results.at(-1)?.value.refused).toBe(true);
    calls.mockRestore();
  });
});

it("a viewer gets everything where packets can only be sent one by one", async () => {
  using _ = sendSingly();
  await using viewer = await connected();
  await expectAll(viewer, await sendPictures(viewer, 20));
});

/** From here on each packet goes where the system lets none go: to everybody, or behind a port 0. */
function leadNowhere(host: string, port: number): Disposable {
  const spy = vi.spyOn(CandidatePair.prototype, "remoteAddr", "get").mockReturnValue([host, port]);
  return { [Symbol.dispose]: () => spy.mockRestore() };
}

describe.each([
  ["together", () => ({ [Symbol.dispose]: () => {} })],
  ["one by one", sendSingly],
])("packets that leave %s", (_, way) => {
  it.each([
    ["255.255.255.255", 9],
    ["127.0.0.1", 0],
  ])("are counted when the system refuses them: to %s, port %i", async (host, port) => {
    using _way = way();
    await using viewer = await connected();
    await expectAll(viewer, await sendPictures(viewer, 3));
    using _nowhere = leadNowhere(host, port);
    const sent = await sendPictures(viewer, 3);
    await vi.waitFor(() => expect(viewer.peer.sendErrors).toBeGreaterThanOrEqual(sent.length), PATIENCE);
  });
});
