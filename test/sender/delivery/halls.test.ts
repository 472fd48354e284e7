import { EventEmitter } from "node:events";
import type { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { Halls } from "../../../src/sender/delivery/halls.ts";

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

/** A thread that does as it is told, and says nothing else. */
class Thread extends EventEmitter {
  viewers = 0;
  ref() {}
  unref() {}

  postMessage({ type, id }: { type: string; id?: number }): void {
    if (type === "open") this.viewers++;
    if (type === "close") setImmediate(() => this.emit("message", { type: "state", id, state: "closed" }));
    if (type === "end") setImmediate(() => this.emit("exit", 0));
  }

  async terminate(): Promise<number> {
    return 0;
  }
}

let halls: Halls | undefined;
afterEach(() => halls?.close());

/** Whose main thread serves `mainViewers`, and each of the others as many. */
function hallsOf(mainViewers: number) {
  const threads: Thread[] = [];
  const thread = () => {
    const begun = new Thread();
    threads.push(begun);
    return begun as unknown as Worker;
  };
  const opened = new Halls({ mainViewers, threads: 3, thread, onFailure: NOTHING, onBehind: NOTHING });
  halls = opened;
  const enter = (count: number) => Array.from({ length: count }, () => opened.open(OPTIONS, EVENTS));
  return { halls: opened, threads, enter };
}

it("viewers beyond the main thread's share a thread, and asking whether there is room begins none", () => {
  const { halls, threads, enter } = hallsOf(4);
  enter(6);
  for (let i = 0; i < 5; i++) expect(halls.mainHasRoom).toBe(false);
  enter(1);
  expect(threads.map(({ viewers }) => viewers)).toEqual([3]);
});

it("the next thread begins before it is needed, and has nobody before it is ready or those before it are full", () => {
  const { threads, enter } = hallsOf(4);
  const begunAfter = (count: number) => {
    enter(count);
    return threads.length;
  };
  expect([begunAfter(3), begunAfter(1)]).toEqual([0, 1]);
  threads[0]?.emit("message", { type: "warm" });
  expect([begunAfter(3), begunAfter(1)]).toEqual([1, 2]);
  expect(threads.map(({ viewers }) => viewers)).toEqual([4, 0]);
  threads[1]?.emit("message", { type: "warm" });
  enter(1);
  expect(threads.map(({ viewers }) => viewers)).toEqual([4, 1]);
});

it("where all threads that there may be are full, they share who comes with the main one", () => {
  const { threads, enter } = hallsOf(1);
  enter(1 + 3);
  expect(threads.map(({ viewers }) => viewers)).toEqual([1, 1, 1]);
  enter(4);
  expect(threads.map(({ viewers }) => viewers)).toEqual([2, 2, 2]);
});

it("whoever left makes room on the main thread again", async () => {
  const { halls, enter } = hallsOf(1);
  const [first] = enter(2);
  expect(halls.mainHasRoom).toBe(false);
  await first?.close();
  expect(halls.mainHasRoom).toBe(true);
});

it("a thread that failed as it began is passed by for another", () => {
  const { halls, threads, enter } = hallsOf(1);
  enter(2);
  threads[0]?.emit("error", new Error("it failed"));
  enter(1);
  expect(threads.map(({ viewers }) => viewers)).toEqual([1, 1]);
  expect(halls.mainHasRoom).toBe(false);
});
