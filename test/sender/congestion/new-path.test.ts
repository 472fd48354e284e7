import { expect, it } from "vitest";
import { Estimator } from "../../../src/sender/congestion/estimator.ts";
import type { PacketReport } from "../../../src/sender/congestion/feedback.ts";

const PICTURE_MS = 33;
const PICTURE_PACKETS = 8;
/** So many pictures later each is told of. */
const UNDER_WAY = 3;

/** Sends pictures of 2 Mbps and hears of them 100 ms later, whatever their delay is. */
class Camera {
  readonly estimator = new Estimator({ startBps: 1_000_000, minBps: 100_000, maxBps: 4_000_000 });
  nowMs = 0;
  readonly #underWay: PacketReport[][] = [];
  #next = 0;

  /** One picture leaves, whose packets come with this delay and so far apart, and one is told of. */
  step(delayMs: number, apartMs = 0) {
    this.nowMs += PICTURE_MS;
    const picture = Array.from({ length: PICTURE_PACKETS }, (_, i) => {
      return { sequenceNumber: this.#next++, arrivalMs: this.nowMs + delayMs + i * apartMs };
    });
    for (const { sequenceNumber } of picture) {
      this.estimator.onSent({ sequenceNumber, bytes: 1_000, kind: "media" }, this.nowMs);
    }
    this.#underWay.push(picture);
    const packets = this.#underWay.length > UNDER_WAY ? this.#underWay.shift() : undefined;
    if (packets) this.estimator.onFeedback({ packets }, this.nowMs);
    return this.estimator.tick(this.nowMs);
  }
}

it("a path's over-use is not the next one's, which is asked for more within half a second", () => {
  const camera = new Camera();
  let before = camera.step(20);
  while (camera.nowMs < 5_000) before = camera.step(20);
  // The radio fades: the queue grows, until the rate has gone down once and nearly may again.
  let fellAtMs = Number.POSITIVE_INFINITY;
  for (let delayMs = 20; camera.nowMs - fellAtMs < 200; delayMs += 6) {
    const { estimateBps } = camera.step(delayMs);
    if (estimateBps < before.estimateBps && fellAtMs === Number.POSITIVE_INFINITY) fellAtMs = camera.nowMs;
    before = { ...before, estimateBps };
  }
  const changedAtMs = camera.nowMs;
  camera.estimator.onNewPath(changedAtMs);
  let probedAtMs = Number.POSITIVE_INFINITY;
  while (camera.nowMs < changedAtMs + 1_000) {
    const { estimateBps, probe } = camera.step(60);
    expect(estimateBps).toBeGreaterThanOrEqual(before.estimateBps);
    if (probe) probedAtMs = Math.min(probedAtMs, camera.nowMs);
  }
  expect(probedAtMs - changedAtMs).toBeLessThan(500);
});

it("what is told late of a path that fell lowers nothing on the next one", () => {
  const camera = new Camera();
  while (camera.nowMs < 5_000) camera.step(20);
  for (let i = 0; i < UNDER_WAY; i++) camera.step(20 + i * 150, 20);
  const { estimateBps } = camera.estimator.tick(camera.nowMs);
  camera.estimator.onNewPath(camera.nowMs);
  for (let i = 0; i < 30; i++) expect(camera.step(60).estimateBps).toBeGreaterThanOrEqual(estimateBps);
});
