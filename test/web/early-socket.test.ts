import { expect, test, vi } from "vitest";
import { keepEvents } from "../../src/web/client/early-socket.ts";
import { FakeSocket } from "./fakes.ts";

function early(nowMs = () => 0) {
  const fake = new FakeSocket("wss://example.com", []);
  return { fake, kept: keepEvents(fake as unknown as WebSocket, nowMs) };
}

function listen(fake: FakeSocket): string[] {
  const heard: string[] = [];
  fake.onopen = () => void heard.push("open");
  fake.onmessage = ({ data }) => void heard.push(String(data));
  fake.onclose = ({ code }) => void heard.push(`close ${code}`);
  return heard;
}

test("what came before anybody listened is handed over once, in its order, and what comes later goes straight on", () => {
  const { fake, kept } = early();
  fake.open();
  fake.receive("first");
  fake.receive("second");
  const heard = listen(fake);
  expect(heard).toEqual([]);
  kept.replay();
  fake.receive("third");
  kept.replay();
  expect(heard).toEqual(["open", "first", "second", "third"]);
});

test("one that was refused meanwhile says so then", () => {
  const { fake, kept } = early();
  fake.breakOff(4001);
  const heard = listen(fake);
  kept.replay();
  expect(heard).toEqual(["close 4001"]);
});

test("it tells when it opened and when its first message came, not when that was asked for", () => {
  const nowMs = vi.fn(() => 40);
  const { fake, kept } = early(nowMs);
  expect(kept.openedAtMs).toBeUndefined();
  fake.open();
  nowMs.mockReturnValue(90);
  expect(kept.openedAtMs).toBe(40);
  expect(kept.heardAtMs).toBeUndefined();
  fake.receive("first");
  nowMs.mockReturnValue(140);
  fake.receive("second");
  expect(kept.heardAtMs).toBe(90);
});
