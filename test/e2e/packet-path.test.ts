import { expect } from "vitest";
import type { PeerFeedback } from "../../src/sender/peer/feedback-reader.ts";
import type { Departed } from "../../src/sender/peer/media-sender.ts";
import { BrowserViewer } from "../support/browser-viewer.ts";
import { losing } from "../support/loss.ts";
import { Random } from "../support/random.ts";
import { movingStamps } from "../support/stamps.ts";
import { it } from "./browser-test.ts";

it("loses 3 % and shows every picture all the same, retransmitted, over the wrap of the sequence number", async ({
  browser,
}) => {
  const random = new Random(42);
  const resent: Departed[] = [];
  const feedback: PeerFeedback[] = [];
  await using viewer = await BrowserViewer.open(browser, {
    firstSequenceNumber: 65_400,
    onRetransmission: (packets) => void resent.push(...viewer.peer.depart(packets)),
    onFeedback: (one) => void feedback.push(one),
  });
  await movingStamps(viewer.page, 5);
  const before = await viewer.stats();
  let drops = 0;
  let shown = 0;
  {
    using _ = losing(() => random.next() < 0.03 && ++drops > 0);
    // A still picture makes few packets: as many frames as it takes to lose enough.
    for (; drops < 20 || shown < 150; shown += 30) await movingStamps(viewer.page, 30);
  }
  await movingStamps(viewer.page, 5);
  const after = await viewer.stats();
  expect(after.retransmittedPacketsReceived).toBeGreaterThan(drops / 2);
  expect(resent.length).toBeGreaterThanOrEqual(after.retransmittedPacketsReceived);
  expect(after.pliCount).toBe(before.pliCount);
  expect(after.framesDecoded - before.framesDecoded).toBeGreaterThan(shown * 0.93);
  // Chromium counts from where it began: a lost rollover would have ended the stream.
  expect(after.packetsReceived).toBeGreaterThan(500);

  const arrivals = feedback.flatMap((one) => (one.kind === "transport" ? one.packets : []));
  const numbersOf = (reports: typeof arrivals) => new Set(reports.map(({ sequenceNumber }) => sequenceNumber));
  const lost = numbersOf(arrivals.filter(({ arrivalMs }) => arrivalMs === undefined));
  const arrived = numbersOf(arrivals.filter(({ arrivalMs }) => arrivalMs !== undefined));
  const never = [...lost].filter((number) => !arrived.has(number));
  // Each packet dropped has a number of its own, so Chromium misses just as many; the last feedback may be on its way.
  expect(never.length).toBeGreaterThan(drops * 0.8);
  expect(never.length).toBeLessThanOrEqual(drops);
  const newest = Math.max(...arrived);
  expect(arrived.size + never.length).toBe(newest + 1 - Math.min(...arrived));
  expect(feedback.some((one) => one.kind === "report" && one.rttMs !== undefined)).toBe(true);
});
