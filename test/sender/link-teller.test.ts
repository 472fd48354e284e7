import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RotateLinks } from "../../src/protocol/http.ts";
import { LinkTeller } from "../../src/sender/link-teller.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const links = (viewerTokenHash: string) => ({ senderToken: "s", viewerTokenHash, operatorTokenHash: "o" });

/** An edge that is away at first. */
function away() {
  const edge = { isAway: true, asked: 0, told: 0, has: "" };
  const teller = new LinkTeller({
    put: async ({ viewerTokenHash = "" }: RotateLinks) => {
      edge.asked++;
      if (edge.isAway) throw new Error("away");
      edge.has = viewerTokenHash;
    },
    onTold: () => void edge.told++,
  });
  return { edge, teller };
}

it("tells the edge until it has heard, though no socket broke, and then no more", async () => {
  const { edge, teller } = away();
  void teller.tell(links("new"));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(edge.asked).toBeGreaterThan(5);
  // No oftener than every quarter of a minute in the end.
  expect(edge.asked).toBeLessThan(30);
  edge.isAway = false;
  await vi.advanceTimersByTimeAsync(30_000);
  const { asked } = edge;
  await vi.advanceTimersByTimeAsync(300_000);
  teller.hurry();
  expect(edge).toMatchObject({ asked, told: 1, has: "new" });
});

it("tells at once when the edge is there again, and only the newest", async () => {
  const { edge, teller } = away();
  void teller.tell(links("older"));
  await vi.advanceTimersByTimeAsync(60_000);
  void teller.tell(links("newest"));
  await vi.advanceTimersByTimeAsync(60_000);
  edge.isAway = false;
  teller.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(edge).toMatchObject({ told: 1, has: "newest" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(edge.told).toBe(1);
});

it("asks nobody once it is stopped", async () => {
  const { edge, teller } = away();
  void teller.tell(links("new"));
  await vi.advanceTimersByTimeAsync(0);
  teller.stop();
  await vi.advanceTimersByTimeAsync(300_000);
  expect([edge.asked, vi.getTimerCount()]).toEqual([1, 0]);
});
