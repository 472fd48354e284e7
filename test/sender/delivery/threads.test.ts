import { readdirSync, readlinkSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RTCDtlsTransport } from "werift";
import type { SeenPath } from "../../../src/sender/path-watch.ts";
import { Hall } from "../support/hall.ts";
import { until } from "../support/viewer.ts";

vi.setConfig({ testTimeout: 30_000 });

/** Of this process, threads and all. */
const openSockets = () =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;

const KEYFRAME = [Buffer.from([0x67, 1]), Buffer.from([0x65, 2])];
const DELTA = [Buffer.from([0x41, 3])];
const ID = (letter: string) => letter.repeat(22);

describe("viewers on several threads", () => {
  const failures: unknown[] = [];
  /** What was said of viewers who seem to have no path. */
  const pathless: string[] = [];
  let hall: Hall;
  beforeEach(() => {
    failures.length = pathless.length = 0;
    const onThreadFailure = (error: unknown) => void failures.push(error);
    const told = { onNoPath: () => pathless.push("no path yet"), onPathless: () => pathless.push("no path") };
    hall = new Hall(told, { mainViewers: 1, threads: 1, onThreadFailure });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await hall[Symbol.asyncDispose]();
  });

  it("are shown the same pictures at the same times, and are heard", async () => {
    const ann = await hall.connect();
    const bob = await hall.connect();
    const cem = await hall.connect();
    await until(() => hall.audience.watching.length === 3, "all three");
    hall.show(KEYFRAME, true, 2_000);
    hall.show(DELTA, false, 2_033.3);
    const [anns, bobs, cems] = await Promise.all([ann.received(3), bob.received(3), cem.received(3)]);
    expect(anns.map(({ payload }) => payload)).toEqual([...KEYFRAME, ...DELTA]);
    expect(bobs.map(({ payload }) => payload)).toEqual([...KEYFRAME, ...DELTA]);
    expect(cems.map(({ header }) => header.marker)).toEqual(anns.map(({ header }) => header.marker));
    // Each thread's RTP clock has its own zero, as each viewer's may.
    const steps = [anns, bobs, cems].map(([first, , last]) =>
      first && last ? (last.header.timestamp - first.header.timestamp) >>> 0 : 0,
    );
    for (const step of steps) expect(Math.abs(step - 2_997)).toBeLessThanOrEqual(1);
    await bob.askForKeyframe();
    await until(() => hall.needs.includes("repair"), "a request for a keyframe");
    await until(() => hall.audience.watching.every(({ peer }) => peer.report.rung !== undefined), "reports");
  });

  it.each([0, 1])(
    "have a keyframe asked for once more where theirs does not come (after %d others)",
    async (others) => {
      for (let i = 0; i < others; i++) await hall.connect();
      const bob = await hall.connect();
      await until(() => hall.needs.includes("repair"), "a request for a keyframe");
      hall.show(KEYFRAME, true, 2_000);
      await bob.received(2);
    },
  );

  it("have their paths watched by when something was last sent to them and heard of them", async () => {
    const viewers = ["a", "b"].map((letter) => hall.viewer({ id: ID(letter) }));
    for (const viewer of viewers) {
      hall.audience.joined(viewer.id);
      await hall.connect(viewer);
    }
    const everyPath = (isSo: (path: SeenPath) => boolean) =>
      hall.audience.paths.length === 2 && hall.audience.paths.every(isSo);
    const before = performance.now();
    hall.show(KEYFRAME, true, before);
    await Promise.all(viewers.map((viewer) => viewer.received(2)));
    await until(() => everyPath(({ unansweredSinceMs: since }) => since !== undefined), "what was sent");
    const after = performance.now();
    expect(everyPath(({ unansweredSinceMs: since = 0 }) => since >= before && since <= after)).toBe(true);
    // Nothing was sent since then, and the viewers say that they are there.
    const heard = ({ unansweredSinceMs, lastHeardAtMs }: SeenPath) =>
      unansweredSinceMs === undefined && lastHeardAtMs > before;
    await until(() => everyPath(heard), "receiver reports");
  });

  it("are relieved where their network narrows, and nobody else is", async () => {
    const ann = await hall.connect();
    const bob = await hall.connect();
    hall.show(KEYFRAME, true, 2_000);
    await Promise.all([ann.received(2), bob.received(2)]);
    const reports = () => hall.audience.watching.map(({ peer }) => peer.report);
    await until(() => reports().every(({ demand }) => !demand.fresh), "what their networks carry");
    const [shared] = hall.broadcast.rungs;
    await bob.askForNoMoreThan(150);
    await until(() => hall.broadcast.rungs.length === 2, "a rung for it");
    const [best, low] = hall.broadcast.rungs;
    expect(best?.id).toBe(shared?.id);
    expect(low?.bitrateBps).toBeLessThan(150_000);
    // Until that rung's keyframe it is shown the one that it had.
    hall.show([Buffer.from([0x65, 1])], true, 4_000, low);
    hall.show([Buffer.from([0x65, 0])], true, 4_000, best);
    const [anns, bobs] = await Promise.all([ann.received(3), bob.received(3)]);
    expect([anns, bobs].map((packets) => packets.slice(2).map(({ payload }) => payload[1]))).toEqual([[0], [1]]);
    await until(() => reports()[1]?.rung === low?.id, "what it says that it is shown");
    expect(reports()[0]?.rung).toBe(best?.id);
  });

  it("are told how many pictures of theirs their thread left out", async () => {
    const [ann, bob] = [await hall.connect(), await hall.connect()];
    hall.show(KEYFRAME, true, 2_000);
    await Promise.all([ann.received(2), bob.received(2)]);
    const reports = () => hall.audience.watching.map(({ peer }) => peer.report);
    await until(() => reports().every(({ rung }) => rung !== undefined), "reports");
    expect(reports().map(({ behind }) => behind)).toEqual([0, 0]);
    const nowMs = performance.now();
    // As if it had been handed over long ago.
    const clock = vi.spyOn(performance, "now").mockReturnValue(nowMs - 60_000);
    hall.show(DELTA, false, 2_033.3);
    clock.mockRestore();
    await until(() => reports().some(({ behind }) => behind > 0), "what was left out");
    expect(reports().map(({ behind, pictures }) => [behind, pictures])).toEqual([
      [0, 2],
      [1, 1],
    ]);
  });

  it("are not said to have no path where they have one, and DTLS alone hangs", async () => {
    await hall.connect();
    vi.spyOn(RTCDtlsTransport.prototype, "start").mockReturnValue(new Promise(() => {}));
    await hall.enter(hall.viewer({ id: ID("b") }));
    const hasPath = () => {
      pathless.length = 0;
      hall.audience.sweep(performance.now() + 6_000);
      return pathless.length === 0;
    };
    // Sooner than the thread gives DTLS up, and says all that it knows.
    await until(hasPath, "word of its path", 8_000);
    hall.audience.sweep(performance.now() + 21_000);
    expect(hall.of("bye").at(-1)).toMatchObject({ viewer: ID("b") });
    expect(pathless).toEqual([]);
  });

  it("leave and are forgotten", async () => {
    await hall.connect(hall.viewer({ id: ID("a") }));
    await hall.connect(hall.viewer({ id: ID("b") }));
    await hall.audience.leave(ID("b"));
    expect(hall.audience.watching).toHaveLength(1);
    expect(hall.states).toContain("bbbb gone");
    expect(failures).toEqual([]);
  });

  it("that end by themselves leave no socket behind, though nobody says good-bye for them", async () => {
    await hall.connect(hall.viewer({ id: ID("a") }));
    const before = openSockets();
    const bob = hall.viewer({ id: ID("b") });
    await hall.connect(bob);
    await bob.sayGoodbye();
    await until(() => hall.states.includes("bbbb gone"), "its end");
    await bob[Symbol.asyncDispose]();
    await until(() => openSockets() <= before, "its sockets' end");
  });

  it("with ICE servers or offers that cannot be used are refused as on the main thread", async () => {
    await hall.connect(hall.viewer({ id: ID("a") }));
    const offer = await hall.viewer({ id: ID("b"), codec: "video/VP8" }).offer();
    await hall.audience.offer(offer);
    const message = "The offer takes no H.264, the one codec that Sightline sends.";
    expect(hall.of("bye").at(-1)).toMatchObject({ viewer: ID("b"), code: "bad-request", message });
  });
});
