import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, it, vi } from "vitest";
import { type ToHall, toShared } from "../../../src/sender/delivery/hall-messages.ts";
import { RemoteHall } from "../../../src/sender/delivery/remote-hall.ts";

/** Longer than any thread takes to answer, shorter than any clock is set by. */
const NEAR_MS = 10_000;

it("a time that one thread tells another means the same there, whatever the wall clock was when each began", async () => {
  const { timeOrigin } = performance;
  // As if the clock had been set by an hour after this thread began.
  Object.defineProperty(performance, "timeOrigin", { value: timeOrigin - 3_600_000, configurable: true });
  vi.resetModules();
  const { fromShared, toShared } = await import("../../../src/sender/delivery/hall-messages.ts");
  const file = new URL("../../../src/sender/delivery/hall-messages.ts", import.meta.url);
  const code = `import { toShared } from ${JSON.stringify(file.href)};
    import { parentPort } from "node:worker_threads";
    parentPort.postMessage(toShared(performance.now()));`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { execArgv: [] });
  const sharedMs = await new Promise<number>((resolve) => worker.once("message", resolve));
  Object.defineProperty(performance, "timeOrigin", { value: timeOrigin, configurable: true });
  await worker.terminate();
  expect(Math.abs(fromShared(sharedMs) - performance.now())).toBeLessThan(NEAR_MS);
  expect(fromShared(toShared(5))).toBeCloseTo(5);
});

it("a thread that cannot be started is told once, not asked again for half a minute, and serves nobody", () => {
  const failures: unknown[] = [];
  let asked = 0;
  const hall = new RemoteHall({ onFailure: (error) => failures.push(error), onBehind() {} }, () => {
    asked++;
    throw new Error("no more threads");
  });
  expect([0, 10, 29_000].map((nowMs) => hall.start(nowMs))).toEqual([false, false, false]);
  expect([asked, failures.length]).toEqual([1, 1]);
  hall.start(31_000);
  expect(asked).toBe(2);
});

it.each([
  ["has just begun", 0],
  ["takes long to begin", 4_000],
])(
  "a thread that %s ends by itself: ended from without while it makes its key, it would end the process",
  async (_, lateMs) => {
    const codes: number[] = [];
    let terminated = 0;
    const hall = new RemoteHall({ onFailure() {}, onBehind() {} }, (file) => {
      const wait = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${lateMs});`;
      const late = `${wait} await import(${JSON.stringify(file.href)});`;
      const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(late)}`));
      const terminate = thread.terminate.bind(thread);
      thread.terminate = () => {
        terminated++;
        return terminate();
      };
      return thread.on("exit", (code) => codes.push(code));
    });
    hall.start();
    await hall.close();
    expect([codes, terminated]).toEqual([[0], 0]);
  },
);

it("a thread that is told to end while it connects to itself does so once, and not as often as it would", async () => {
  const rounds = new Int32Array(new SharedArrayBuffer(4));
  const hall = new RemoteHall({ onFailure() {}, onBehind() {} }, (file) => {
    const counting = `import { RTCPeerConnection } from ${JSON.stringify(import.meta.resolve("werift"))};
      import { workerData } from "node:worker_threads";
      const { createOffer } = RTCPeerConnection.prototype;
      RTCPeerConnection.prototype.createOffer = function (...args) {
        Atomics.add(workerData, 0, 1);
        return createOffer.apply(this, args);
      };
      await import(${JSON.stringify(file.href)});`;
    return new Worker(new URL(`data:text/javascript,${encodeURIComponent(counting)}`), { workerData: rounds });
  });
  hall.start();
  await hall.close();
  expect(rounds[0]).toBe(1);
});

it("a thread that may end and does not is ended from without, and not at once", async () => {
  let terminated = 0;
  const thread = Object.assign(new EventEmitter(), { unref() {}, ref() {}, postMessage() {}, terminate });
  async function terminate() {
    terminated++;
    thread.emit("exit", 1);
    return 1;
  }
  const hall = new RemoteHall({ onFailure() {}, onBehind() {} }, () => thread as unknown as Worker);
  hall.start();
  const closing = hall.close();
  thread.emit("message", { type: "warm" });
  await sleep(100);
  expect(terminated).toBe(0);
  await closing;
  expect(terminated).toBe(1);
});

it("a thread that fails after a while is begun anew at once, and one that fails as it begins is not", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const threads: EventEmitter[] = [];
    const hall = new RemoteHall({ onFailure() {}, onBehind() {} }, () => {
      const thread = Object.assign(new EventEmitter(), { unref() {} });
      threads.push(thread);
      return thread as unknown as Worker;
    });
    hall.start();
    vi.advanceTimersByTime(5_000);
    threads[0]?.emit("error", new Error("it failed"));
    expect(hall.start()).toBe(true);
    vi.advanceTimersByTime(500);
    threads[1]?.emit("error", new Error("it failed"));
    expect([hall.start(), threads.length]).toEqual([false, 2]);
  } finally {
    vi.useRealTimers();
  }
});

it("a thread that was behind asks for a keyframe of a rung that its viewers only want as yet, and of no other", async () => {
  const thread = new Worker(new URL("../../../src/sender/delivery/hall-thread.ts", import.meta.url));
  const say = (message: ToHall) => thread.postMessage(message);
  const show = (rung: number, keyframe: boolean, waitedMs: number) => {
    const saidAtMs = toShared(performance.now()) - waitedMs;
    const memory = new ArrayBuffer(2);
    say({ type: "picture", rung, keyframe, capturedAtMs: saidAtMs, saidAtMs, memory, lengths: [2] });
  };
  try {
    const options = { iceServers: [], relayOnly: false, loopback: true, maxBps: 1_000_000 };
    say({ type: "open", id: 0, options });
    say({ type: "take", id: 0, rung: 5, replay: false });
    for (const rung of [4, 5]) show(rung, true, 60_000);
    // However long the thread takes to begin, they are in time.
    for (const rung of [4, 5]) show(rung, false, -60_000);
    const told = await new Promise((resolve) =>
      thread.on("message", (message) => message.type === "behind" && resolve(message)),
    );
    expect(told).toEqual({ type: "behind", rung: 5 });
  } finally {
    // Not from without: see above.
    say({ type: "end" });
    await once(thread, "exit");
  }
});

it("what a thread that was behind asks for is handed on as it is", () => {
  const thread = Object.assign(new EventEmitter(), { unref() {} });
  const behind: number[] = [];
  const hall = new RemoteHall(
    { onFailure() {}, onBehind: (rung) => behind.push(rung) },
    () => thread as unknown as Worker,
  );
  hall.start();
  thread.emit("message", { type: "behind", rung: 5 });
  expect(behind).toEqual([5]);
});

describe("a picture for another thread", () => {
  const PICTURE = {
    rung: 1,
    payloads: [Buffer.from([1, 2]), Buffer.from([3])],
    bytes: 3,
    keyframe: true,
    capturedAtMs: 0,
  };
  const OPTIONS = { iceServers: [], relayOnly: false, loopback: true, maxBps: 1_000_000 };
  const NOTHING = () => {};
  const EVENTS = {
    onCandidate: NOTHING,
    onState: NOTHING,
    onPath: NOTHING,
    onRelay: NOTHING,
    onKeyframeRequest: NOTHING,
    onFirstPicture: NOTHING,
  };

  /** A hall with one viewer; what its thread is told, as it is here afterwards and as it comes there. */
  function hallWithViewer() {
    const told: { here: ToHall; there: ToHall }[] = [];
    const postMessage = (here: ToHall, transfer: ArrayBuffer[]) =>
      told.push({ here, there: structuredClone(here, { transfer }) });
    const thread = Object.assign(new EventEmitter(), { unref() {}, postMessage, terminate: async () => 0 });
    const hall = new RemoteHall({ onFailure() {}, onBehind() {} }, () => thread as unknown as Worker);
    hall.start();
    hall.open(OPTIONS, EVENTS);
    const memories = () =>
      told.flatMap(({ here, there }) =>
        here.type === "picture" && there.type === "picture" ? [{ here: here.memory, there: there.memory }] : [],
      );
    return { hall, thread, memories };
  }

  it("is handed over in memory that V8 counts, and that is the thread's alone from then on", () => {
    const { hall, memories } = hallWithViewer();
    hall.send(PICTURE);
    const [memory] = memories();
    expect(memory?.there).toBeInstanceOf(ArrayBuffer);
    expect(Buffer.from(memory?.there ?? new ArrayBuffer())).toEqual(Buffer.from([1, 2, 3]));
    expect(memory?.here.byteLength).toBe(0);
    // Others have a copy of their own, and the main thread's viewers the first.
    expect(PICTURE.payloads).toEqual([Buffer.from([1, 2]), Buffer.from([3])]);
  });

  it("is nobody's where the thread has failed, was never begun or is closed", async () => {
    const { hall, thread, memories } = hallWithViewer();
    thread.emit("error", new Error("it failed"));
    hall.send(PICTURE);
    hall.open(OPTIONS, EVENTS);
    hall.send(PICTURE);
    thread.emit("message", { type: "state", id: 1, state: "closed" });
    const closing = hall.close();
    hall.send(PICTURE);
    await closing;
    hall.send(PICTURE);
    expect(memories()).toEqual([]);
  });
});
