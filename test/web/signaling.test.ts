import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PING_INTERVAL_MS } from "../../src/protocol/limits.ts";
import { PONG_WAIT_MS, SignalingSocket } from "../../src/web/client/signaling.ts";
import { FakeSocket } from "./fakes.ts";

const events = { opened: vi.fn(), message: vi.fn(), closed: vi.fn() };
let fake: FakeSocket;
let signaling: SignalingSocket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  fake = new FakeSocket("ws://127.0.0.1", []);
  signaling = new SignalingSocket(fake as unknown as WebSocket, events);
});
afterEach(() => {
  vi.useRealTimers();
});

test("nothing is sent before it is open, and it says so", () => {
  expect(signaling.send({ type: "bye" })).toBe(false);
  fake.open();
  expect(signaling.send({ type: "bye" })).toBe(true);
  expect(fake.sent).toEqual(['{"type":"bye"}']);
});

test("pings at the interval and lives on with every pong", () => {
  fake.open();
  for (let i = 1; i <= 5; i++) {
    vi.advanceTimersByTime(PING_INTERVAL_MS);
    expect(fake.sent.length).toBe(i);
    fake.receive("pong");
  }
  expect(fake.sent.every((text) => text === "ping")).toBe(true);
  expect(events.closed).not.toHaveBeenCalled();
  expect(events.message).not.toHaveBeenCalled();
});

test("a ping without an answer means a dead socket, reported once", () => {
  fake.open();
  vi.advanceTimersByTime(PING_INTERVAL_MS + PONG_WAIT_MS - 1);
  expect(events.closed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(events.closed).toHaveBeenCalledTimes(1);
  fake.breakOff();
  vi.advanceTimersByTime(100_000);
  expect(events.closed).toHaveBeenCalledTimes(1);
});

test("a probe asks at once; any message is a sign of life", () => {
  fake.open();
  signaling.probe();
  fake.receive({ type: "sender-offline" });
  vi.advanceTimersByTime(PONG_WAIT_MS);
  expect(events.closed).not.toHaveBeenCalled();
  signaling.probe();
  vi.advanceTimersByTime(PONG_WAIT_MS);
  expect(events.closed).toHaveBeenCalledTimes(1);
});

test("after close nothing is heard of it", () => {
  fake.open();
  const { onmessage, onclose } = fake;
  signaling.close();
  onmessage?.({ data: '{"type":"sender-offline"}' });
  onclose?.({ code: 1006 });
  expect(events.closed).not.toHaveBeenCalled();
  expect(fake.onmessage).toBeNull();
});

test.each([
  [4401, "unauthorized"],
  [4404, "session-not-found"],
  [4411, "session-ended"],
  [4431, "link-rotated"],
])("close code %i is understood as %s", (close, code) => {
  fake.open();
  fake.breakOff(close);
  expect(events.closed).toHaveBeenCalledWith(expect.objectContaining({ code }), false);
});

test.each([
  ["not JSON", "{"],
  ["of no known type", '{"type":"dance"}'],
  ["out of its schema", '{"type":"sender-online","sender":7}'],
  ["too large", JSON.stringify({ type: "sender-offline", padding: "x".repeat(70_000) })],
])("a message that is %s is passed over", (_, text) => {
  fake.open();
  fake.receive(text);
  expect(events.message).not.toHaveBeenCalled();
  fake.receive({ type: "sender-offline" });
  expect(events.message).toHaveBeenCalledWith({ type: "sender-offline" });
});
