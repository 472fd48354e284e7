import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Wire } from "../support/wire.ts";
import { openWired } from "../support/wired.ts";

vi.mock("../../../src/sender/peer/peer.ts", async () => ({ Peer: (await import("../support/wire.ts")).Wire }));

beforeEach(() => {
  vi.useFakeTimers();
  Wire.answerMs = 10;
});
afterEach(() => void vi.useRealTimers());

// Reports follow over ten seconds, and each packet that is missed would go out again and again meanwhile.
it("what is missed is sent again once within the round trip of the path that is used now", async () => {
  const { delivery, wire, show } = openWired(500_000);
  const { options } = wire;
  const send = async (pictures: number, keyframe = false) => {
    for (let i = 0; i < pictures; i++) await show(1, keyframe && i === 0);
  };
  expect(options.roundTripMs?.()).toBeUndefined();
  await send(50, true);
  expect(options.roundTripMs?.()).toBeCloseTo(10);
  Wire.answerMs = 300;
  options.onNewPath?.();
  await send(10);
  expect(options.roundTripMs?.()).toBeCloseTo(300);
  // The same path, with a queue on it that stays.
  Wire.answerMs = 400;
  await send(400);
  expect(options.roundTripMs?.()).toBeCloseTo(400);
  await delivery.close();
});
