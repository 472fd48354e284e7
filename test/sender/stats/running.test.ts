import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import * as v from "valibot";
import { afterEach, expect, it } from "vitest";
import type { SenderMessage } from "../../../src/protocol/messages.ts";
import { SenderStats } from "../../../src/protocol/stats.ts";
import { Audience } from "../../../src/sender/audience.ts";
import { patternCamera } from "../../../src/sender/capture/pattern.ts";
import type { SendConfig } from "../../../src/sender/config.ts";
import { Doorkeeper } from "../../../src/sender/doorkeeper.ts";
import { X264 } from "../../../src/sender/encode/recipe.ts";
import { makeIdentity } from "../../../src/sender/identity.ts";
import { LiveCamera } from "../../../src/sender/live-camera.ts";
import { takeCensus } from "../../../src/sender/stats/census.ts";
import { until, Viewer } from "../support/viewer.ts";

const FORMAT = { width: 320, height: 180, fps: 30 };

/** The test pattern, shown to whoever comes. */
class Theatre implements AsyncDisposable {
  readonly camera: LiveCamera;
  readonly audience: Audience;
  readonly #identity = makeIdentity("front-door");
  readonly #viewers: Viewer[] = [];
  #answer: SenderMessage | undefined;

  constructor(playoutMs?: number) {
    Log.setLevel(AV_LOG_QUIET);
    const output = { emit() {}, note() {}, qr() {} };
    const config = { bitrateBps: 500_000 } as SendConfig;
    this.camera = new LiveCamera(patternCamera(FORMAT), { format: FORMAT, config, output, encoder: X264 });
    this.audience = new Audience({
      doorkeeper: new Doorkeeper(this.#identity, false),
      broadcast: this.camera.broadcast,
      maxViewers: 3,
      loopback: true,
      relayOnly: false,
      playoutMs,
      iceServers: () => [],
      send: (message) => {
        if (message.type === "answer") this.#answer = message;
      },
      onViewer() {},
      onWatching: (count) => this.camera.setWatched(count > 0),
    });
  }

  async enter(): Promise<Viewer> {
    const viewer = new Viewer(this.#identity);
    this.#viewers.push(viewer);
    await this.audience.offer(await viewer.offer());
    if (!this.#answer) throw new Error("no answer");
    await viewer.accept(this.#answer);
    await viewer.received(20);
    return viewer;
  }

  read(): SenderStats {
    return v.parse(SenderStats, takeCensus(this.camera, this.audience.watching, performance.now()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.audience.close();
    await this.camera[Symbol.asyncDispose]();
    await Promise.all(this.#viewers.map((viewer) => viewer[Symbol.asyncDispose]()));
  }
}

const theatres: Theatre[] = [];
afterEach(async () => {
  await Promise.all(theatres.splice(0).map((theatre) => theatre[Symbol.asyncDispose]()));
});
function open(playoutMs?: number): Theatre {
  const theatre = new Theatre(playoutMs);
  theatres.push(theatre);
  return theatre;
}

it("nobody is there, and the camera is closed", () => {
  const { cameras, viewers } = open().read();
  expect(viewers).toEqual([]);
  expect(cameras).toEqual([
    expect.objectContaining({ name: "test pattern", capturedFps: 0, framesCaptured: 0, rungs: [] }),
  ]);
});

it("frames are counted from the camera to each viewer, who has a number of this run", async () => {
  const theatre = open();
  const ann = await theatre.enter();
  const bob = await theatre.enter();
  await until(() => theatre.read().viewers.every(({ sentBps }) => sentBps > 0), "something sent");
  const { cameras, viewers } = theatre.read();
  const [camera] = cameras;
  expect(viewers.map(({ index, id }) => [index, id])).toEqual([
    [1, ann.id],
    [2, bob.id],
  ]);
  expect(camera?.framesCaptured).toBeGreaterThan(2);
  expect(camera?.keyframes).toBeGreaterThan(0);
  expect(camera?.rungs[0]).toMatchObject({ width: 320, height: 180, lastEncodeMs: expect.any(Number) });
  for (const viewer of viewers) {
    expect(viewer.framesSent).toBeGreaterThan(2);
    expect(viewer.framesSent).toBeLessThanOrEqual(camera?.framesEncoded ?? 0);
    expect(viewer.rung).toMatchObject({ width: 320, height: 180, fps: 30 });
    expect(viewer.rung?.bitrateBps).toBeLessThanOrEqual(500_000);
  }

  await theatre.audience.leave(ann.id);
  await theatre.enter();
  expect(theatre.read().viewers.map(({ index }) => index)).toEqual([2, 3]);
});

it("a connection has its number though nobody read while it was there", async () => {
  const theatre = open();
  const ann = await theatre.enter();
  await theatre.audience.leave(ann.id);
  await theatre.enter();
  expect(theatre.read().viewers.map(({ index }) => index)).toEqual([2]);
});

it.each([
  [undefined, 0, "000000"],
  [0, 0, "000000"],
  [120, 120, "00c00c"],
  [500, 500, "032032"],
])("--playout %s is what each packet asks the browser for", async (playoutMs, told, extension) => {
  const theatre = open(playoutMs);
  const viewer = await theatre.enter();
  expect(new Set(viewer.packets.map((packet) => viewer.playoutDelay(packet)))).toEqual(new Set([extension]));
  expect(theatre.read().viewers.map((each) => each.playoutMs)).toEqual([told]);
});
