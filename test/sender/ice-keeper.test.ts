import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { IceReply } from "../../src/protocol/http.ts";
import { IceKeeper, type IceKeeperOptions } from "../../src/sender/ice-keeper.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const reply = (name: string, iceTtlMs?: number): IceReply => ({
  iceServers: [{ urls: ["turn:t.example"], username: name, credential: "x" }],
  ...(iceTtlMs === undefined ? {} : { iceTtlMs }),
});

const STUN: IceReply = { iceServers: [{ urls: ["stun:s.example"] }] };
const INCOMPLETE: IceReply = { ...STUN, iceIncomplete: true };

function keeper(...replies: (IceReply | Error)[]) {
  return keeperWith({}, ...replies);
}

function keeperWith(options: Omit<IceKeeperOptions, "fetch">, ...replies: (IceReply | Error)[]) {
  const asked: number[] = [];
  const started = Date.now();
  const fetch = async () => {
    asked.push(Date.now() - started);
    const next = replies.shift();
    if (!next || next instanceof Error) throw next ?? new Error("asked too often");
    return next;
  };
  const ice = new IceKeeper({ ...options, fetch });
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
  const ice = new IceKeeper({ fetch: () => late.promise });
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

it("keeps relays that still work while the edge's own service fails, and asks again", async () => {
  const { ice, asked, name } = keeper(INCOMPLETE, INCOMPLETE, reply("second", 60_000));
  ice.take(reply("first", 60_000));
  await vi.advanceTimersByTimeAsync(43_000);
  expect([asked.length, name()]).toEqual([1, "first"]);
  expect(ice.iceTtlMs).toBeGreaterThan(10_000);
  // As an edge does that does not know the word.
  ice.take(STUN);
  expect(name()).toBe("first");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(name()).toBe("second");
});

it("lets go of relays once they have ended, or when the edge names none any more", async () => {
  const { ice, name } = keeper(...Array.from({ length: 20 }, () => INCOMPLETE));
  ice.take(reply("first", 10_000));
  await vi.advanceTimersByTimeAsync(60_000);
  expect([name(), ice.iceTtlMs, ice.iceServers]).toEqual([undefined, undefined, STUN.iceServers]);
  ice.take(reply("fixed"));
  ice.take(INCOMPLETE);
  expect(name()).toBe("fixed");
  ice.take(STUN);
  expect(name()).toBeUndefined();
});

it("asks for what a welcome could not bring, until it is there", async () => {
  const { ice, asked, name } = keeper(INCOMPLETE, new Error("away"), reply("first", 3_600_000));
  ice.take(INCOMPLETE);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([asked.length, name()]).toEqual([3, "first"]);
});

describe("relays on demand", () => {
  it("are asked for when somebody finds no path, not in haste, and kept fresh from then on", async () => {
    const { ice, asked, name } = keeper(STUN, reply("first", 60_000), reply("second", 60_000));
    ice.take(STUN);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toEqual([]);
    const started = Date.now();
    while (!name() && Date.now() - started < 60_000) {
      ice.want();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect([asked.length, name()]).toEqual([2, "first"]);
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
    ice.want();
    // A new socket's welcome has none either.
    ice.take(STUN);
    expect(name()).toBe("first");
    await vi.advanceTimersByTimeAsync(5_000);
    expect([asked.length, name()]).toEqual([3, "second"]);
  });

  it("are asked for at once where nothing else will do", async () => {
    const told: boolean[] = [];
    const onRelay = (there: boolean) => void told.push(there);
    const { ice, name } = keeperWith({ needsRelay: true, onRelay }, reply("first", 60_000));
    ice.take(STUN);
    await vi.advanceTimersByTimeAsync(0);
    expect([name(), told]).toEqual(["first", []]);
  });

  it("that are not to be had there are told of once, and once when they are", async () => {
    const told: boolean[] = [];
    const onRelay = (there: boolean) => void told.push(there);
    const replies = [STUN, STUN, new Error("away"), STUN, reply("first", 3_600_000)];
    const { ice, asked } = keeperWith({ needsRelay: true, onRelay }, ...replies);
    ice.take(STUN);
    await vi.advanceTimersByTimeAsync(0);
    expect([asked.length, told]).toEqual([1, [false]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked.length, told]).toEqual([5, [false, true]]);
  });

  it("and are not told of to who needs none", async () => {
    const told: boolean[] = [];
    const { ice } = keeperWith({ onRelay: (there) => void told.push(there) }, STUN);
    ice.take(STUN);
    ice.want();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([]);
  });
});
