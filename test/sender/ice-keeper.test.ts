import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { IceReply } from "../../src/protocol/http.ts";
import { IceKeeper } from "../../src/sender/signaling/ice-keeper.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const reply = (name: string, iceTtlMs?: number): IceReply => ({
  iceServers: [{ urls: ["turn:t.example"], username: name, credential: "x" }],
  ...(iceTtlMs === undefined ? {} : { iceTtlMs }),
});

function keeper(...replies: (IceReply | Error)[]) {
  const asked: number[] = [];
  const started = Date.now();
  const ice = new IceKeeper(async () => {
    asked.push(Date.now() - started);
    const next = replies.shift();
    if (!next || next instanceof Error) throw next ?? new Error("asked too often");
    return next;
  });
  const name = () => ice.iceServers[0]?.username;
  return { ice, asked, name };
}

it("asks for fresh credentials before the old ones end, over and over", async () => {
  const { ice, asked, name } = keeper(reply("second", 60_000), reply("third", 60_000));
  ice.take(reply("first", 60_000));
  expect(name()).toBe("first");
  await vi.advanceTimersByTimeAsync(59_000);
  expect([asked, name()]).toEqual([[42_000], "second"]);
  await vi.advanceTimersByTimeAsync(42_000);
  expect([asked, name()]).toEqual([[42_000, 84_000], "third"]);
});

it("asks nobody for what does not expire", async () => {
  const { ice, asked } = keeper();
  ice.take(reply("fixed"));
  await vi.advanceTimersByTimeAsync(30 * 86_400_000);
  expect(asked).toEqual([]);
});

it("keeps what it has while the edge is away, and asks again", async () => {
  const { ice, asked, name } = keeper(new Error("away"), new Error("away"), reply("second"));
  ice.take(reply("first", 60_000));
  await vi.advanceTimersByTimeAsync(43_000);
  expect(name()).toBe("first");
  await vi.advanceTimersByTimeAsync(10_000);
  expect([asked.length, name()]).toEqual([3, "second"]);
});

it("lets a welcome's newer ones stand, and asks nobody once stopped", async () => {
  const late = Promise.withResolvers<IceReply>();
  const ice = new IceKeeper(() => late.promise);
  ice.take(reply("first", 1_000));
  await vi.advanceTimersByTimeAsync(700);
  ice.take(reply("welcome", 60_000));
  late.resolve(reply("late", 60_000));
  await vi.advanceTimersByTimeAsync(0);
  expect(ice.iceServers[0]?.username).toBe("welcome");
  ice.stop();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(vi.getTimerCount()).toBe(0);
});
