import { afterEach, expect, it, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { warmUp } from "../../src/sender/peer/warm-up.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("asks before each round whether it is enough", async () => {
  const rounds = vi.spyOn(RTCPeerConnection.prototype, "createOffer");
  await warmUp(() => rounds.mock.calls.length === 2);
  expect(rounds).toHaveBeenCalledTimes(2);
});

it.each([
  ["what connects it", "setLocalDescription"],
  ["its closing", "close"],
] as const)("ends though werift never finishes %s", async (_, step) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const begun = RTCPeerConnection.prototype[step] as () => Promise<void>;
  const unfinished = vi.spyOn(RTCPeerConnection.prototype, step);
  unfinished.mockImplementation(function (this: RTCPeerConnection) {
    if (step === "close") void begun.call(this);
    return new Promise<never>(() => {});
  });
  let ended = false;
  void warmUp(() => unfinished.mock.calls.length > 0).then(() => {
    ended = true;
  });
  const endsInTime = () => {
    vi.advanceTimersByTime(100);
    return ended;
  };
  await expect.poll(endsInTime, { timeout: 10_000, interval: 10 }).toBe(true);
});
