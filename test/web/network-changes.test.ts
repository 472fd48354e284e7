import { afterEach, expect, test, vi } from "vitest";
import { onNetworkChange } from "../../src/web/client/network-changes.ts";
import { Pulse } from "../../src/web/client/pulse.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** As far as a browser tells of its network. */
function browser(type?: string) {
  const target = new EventTarget();
  const connection = Object.assign(new EventTarget(), { type });
  vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
  vi.stubGlobal("navigator", { onLine: true, connection });
  const change = (type?: string) => {
    connection.type = type;
    connection.dispatchEvent(new Event("change"));
  };
  return { online: () => target.dispatchEvent(new Event("online")), change };
}

test("being online again is a change, another estimate of the same network is none", () => {
  const { online, change } = browser("wifi");
  const heard = vi.fn();
  const stop = onNetworkChange(heard);
  change("wifi");
  expect(heard).toHaveBeenCalledTimes(0);
  change("cellular");
  change("cellular");
  expect(heard).toHaveBeenCalledTimes(1);
  online();
  expect(heard).toHaveBeenCalledTimes(2);
  stop();
  online();
  change("wifi");
  expect(heard).toHaveBeenCalledTimes(2);
});

test("a browser that does not know its kind of network is heard when it is online again", () => {
  const { online, change } = browser();
  const heard = vi.fn();
  onNetworkChange(heard);
  change();
  online();
  expect(heard).toHaveBeenCalledTimes(1);
});

test("a pulse listens once, however often it begins anew, and not after it stopped", async () => {
  vi.useFakeTimers();
  const watchers = new Set<() => void>();
  const poll = vi.fn(async () => {});
  const onChange = vi.fn();
  const pulse = new Pulse({
    poll,
    isTakingOver: () => false,
    watchNetwork: (callback) => {
      watchers.add(callback);
      return () => void watchers.delete(callback);
    },
    onNetworkChange: onChange,
  });
  pulse.start();
  pulse.start();
  await vi.advanceTimersByTimeAsync(1_100);
  expect([watchers.size, poll.mock.calls.length]).toEqual([1, 4]);
  for (const tell of watchers) tell();
  expect(onChange).toHaveBeenCalledTimes(1);
  pulse.stop();
  await vi.advanceTimersByTimeAsync(1_100);
  expect([watchers.size, poll.mock.calls.length]).toEqual([0, 4]);
});
