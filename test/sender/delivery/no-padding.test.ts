import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Wire } from "../support/wire.ts";
import { openWired } from "../support/wired.ts";

vi.mock("../../../src/sender/peer/peer.ts", async () => ({ Peer: (await import("../support/wire.ts")).Wire }));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

// What the pacer meant to send as padding would hold pictures up, though it never left.
it.each([true, false])("a viewer is probed only where padding can be sent (%s)", async (pads) => {
  Wire.pads = pads;
  const { delivery, wire, show } = openWired(4_000_000);
  for (let i = 0; i < 100; i++) await show(2, i === 0);
  expect(wire.padded > 0).toBe(pads);
  await delivery.close();
});
