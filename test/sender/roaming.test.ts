import { afterEach, expect, it, vi } from "vitest";
import type { SenderMessage } from "../../src/protocol/messages.ts";
import type { SeenPath } from "../../src/sender/path-watch.ts";
import { Roaming } from "../../src/sender/roaming.ts";

/**
 * A machine whose addresses and viewers the test sets, and whatever the sender then does.
 * @param addresses null where the system does not say
 */
function open(addresses: string[] | null = ["192.168.1.5"]) {
  vi.useFakeTimers();
  const done: string[] = [];
  const machine: { addresses: string[] | null; paths: SeenPath[] } = { addresses, paths: [] };
  const roaming = new Roaming({
    audience: {
      get paths() {
        return machine.paths;
      },
    },
    signaling: {
      probe: () => void done.push("probe"),
      hurry: () => void done.push("hurry"),
      send: (message: SenderMessage) => done.push(`${message.type} ${"viewer" in message ? message.viewer : ""}`) > 0,
    },
    onNetworkChange: () => undefined,
    addresses: () => {
      if (!machine.addresses) throw new Error("A system error occurred: uv_interface_addresses returned EMFILE");
      return machine.addresses;
    },
  });
  return { done, machine, roaming };
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it("hurries once for each change of this machine's addresses", () => {
  const { done, machine, roaming } = open();
  vi.advanceTimersByTime(2_000);
  expect(done).toEqual([]);
  machine.addresses = [];
  vi.advanceTimersByTime(2_000);
  machine.addresses = ["10.0.0.7"];
  vi.advanceTimersByTime(2_000);
  expect(done).toEqual(["hurry", "hurry"]);
  roaming.close();
});

it("takes addresses that the system does not tell for no change", () => {
  const { done, machine, roaming } = open();
  machine.addresses = null;
  vi.advanceTimersByTime(2_000);
  machine.addresses = ["192.168.1.5"];
  vi.advanceTimersByTime(2_000);
  expect(done).toEqual([]);
  machine.addresses = ["10.0.0.7"];
  vi.advanceTimersByTime(2_000);
  expect(done).toEqual(["hurry"]);
  roaming.close();
});

it("begins where the system never tells, and takes the first that it tells for no change", () => {
  const { done, machine, roaming } = open(null);
  vi.advanceTimersByTime(2_000);
  machine.addresses = ["192.168.1.5"];
  vi.advanceTimersByTime(2_000);
  expect(done).toEqual([]);
  roaming.close();
});

it("calls nobody silent for the time in which this process stood, and who still is at the next look", () => {
  const { done, machine, roaming } = open();
  const now = performance.now.bind(performance);
  let stoodMs = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + stoodMs);
  const path = (viewer: string): SeenPath => {
    const lastHeardAtMs = performance.now();
    return { viewer, connection: 3, lastHeardAtMs, unansweredSinceMs: lastHeardAtMs, sendErrors: 0 };
  };
  machine.paths = [path("ann"), path("bob")];
  vi.advanceTimersByTime(250);
  stoodMs += 3_000;
  vi.advanceTimersByTime(250);
  expect(done).toEqual([]);
  // What came meanwhile is read.
  machine.paths = [path("ann"), ...machine.paths.slice(1)];
  vi.advanceTimersByTime(250);
  expect(done).toEqual(["probe", "renew bob"]);
  roaming.close();
});

it("calls who is silent so where this process stands again and again", () => {
  const { done, machine, roaming } = open();
  const now = performance.now.bind(performance);
  let stoodMs = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now() + stoodMs);
  const lastHeardAtMs = performance.now();
  machine.paths = [{ viewer: "ann", connection: 3, lastHeardAtMs, unansweredSinceMs: lastHeardAtMs, sendErrors: 0 }];
  for (const expected of [[], ["probe", "renew ann"]]) {
    stoodMs += 3_000;
    vi.advanceTimersByTime(250);
    expect(done).toEqual(expected);
  }
  roaming.close();
});

it("asks a silent viewer for a fresh connection, and once more when the edge is found again", () => {
  const { done, machine, roaming } = open();
  const lastHeardAtMs = performance.now();
  machine.paths = [{ viewer: "ann", connection: 3, lastHeardAtMs, unansweredSinceMs: lastHeardAtMs, sendErrors: 0 }];
  vi.advanceTimersByTime(1_500);
  expect(done).toEqual(["probe", "renew ann"]);
  roaming.welcomed();
  vi.advanceTimersByTime(500);
  expect(done).toEqual(["probe", "renew ann", "renew ann"]);
  roaming.close();
  vi.advanceTimersByTime(60_000);
  expect(done).toHaveLength(3);
});
