import { Estimator } from "../../../src/sender/congestion/estimator.ts";
import { FeedbackReader, type PeerFeedback } from "../../../src/sender/peer/feedback-reader.ts";
import { RetransmissionHistory } from "../../../src/sender/peer/rtx.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

const SSRC = 0x11223344;
const BOUNDS = { minBps: 100_000, maxBps: 5_000_000 };
const PACKETS = 300;
const PAYLOAD = Buffer.alloc(1_000);
const FIRST_NUMBER = 65_400;

/**
 * A viewer's RTCP as it is once decrypted, and all that acts upon it: reading, retransmission, congestion control. An
 * input is some compound packets, each with milliseconds before it (one byte) and its length in words (one byte).
 */
export default {
  maxBytes: 4_096,
  words: [
    "\u0011\u0022\u0033\u0044",
    "REMB",
    "\u0081\u00c9\0\u0007",
    "\u0081\u00cd\0\u0003",
    "\u008f\u00cd\0\u0005",
    "\u0081\u00ce\0\u0002",
    "\u0084\u00ce\0\u0004",
    "\u008f\u00ce\0\u0005",
    "\u0080\u00c8\0\u0006",
  ],
  quickInputs: 1_500,
  covers: ["/src/sender/peer/", "/src/sender/congestion/"],
  run(input) {
    const estimator = new Estimator({ startBps: 1_000_000, ...BOUNDS });
    const history = new RetransmissionHistory();
    for (let i = 0; i < PACKETS; i++) {
      const sequenceNumber = (FIRST_NUMBER + i) & 0xffff;
      estimator.onSent({ sequenceNumber: FIRST_NUMBER + i, bytes: PAYLOAD.length, kind: "media" }, i);
      history.add({ sequenceNumber, timestamp: i, marker: false, payload: PAYLOAD, sentAtMs: i });
    }
    const newest = FIRST_NUMBER + PACKETS - 1;
    let nowMs = PACKETS;
    let resentBytes = 0;
    const reader = new FeedbackReader(SSRC, {
      onFeedback: (feedback) => take(estimator, feedback, newest, nowMs),
      onNack: (lost) => {
        resentBytes += history.take(lost, nowMs, 20).reduce((sum, { payload }) => sum + payload.length, 0);
      },
      onKeyframeRequest() {},
      newestNumber: () => newest,
    });
    reader.roundTrip.reported(performance.timeOrigin + nowMs);
    for (let at = 0; at < input.length; ) {
      nowMs += input[at] ?? 0;
      const end = at + 2 + 4 * (input[at + 1] ?? 0);
      reader.receive(input.subarray(at + 2, end), nowMs);
      at = end;
    }
    const { rttMs } = reader.roundTrip;
    must(rttMs === undefined || (rttMs >= 0 && Number.isFinite(rttMs)), "a round trip is a time");
    must(resentBytes <= PACKETS * PAYLOAD.length, "no more goes out again than went out");
    const { targetBps, estimateBps, pacingBps } = estimator.tick(nowMs);
    must(
      [targetBps, estimateBps].every((bps) => bps >= BOUNDS.minBps && bps <= BOUNDS.maxBps),
      "rates keep their bounds",
    );
    must(Number.isFinite(pacingBps) && pacingBps > 0, "pacing goes on");
  },
} satisfies FuzzTarget;

function take(estimator: Estimator, feedback: PeerFeedback, newest: number, nowMs: number): void {
  if (feedback.kind === "transport") {
    must(
      feedback.packets.every(({ sequenceNumber }) => sequenceNumber >= 0 && sequenceNumber <= newest),
      "nothing arrives that was not sent",
    );
    must(
      feedback.packets.every(({ arrivalMs }) => arrivalMs === undefined || Number.isFinite(arrivalMs)),
      "arrivals are times",
    );
    estimator.onFeedback(feedback, nowMs);
  } else if (feedback.kind === "report") {
    must(feedback.fractionLost >= 0 && feedback.fractionLost < 1, "a loss is a fraction");
    estimator.onReceiverReport(feedback, nowMs);
  } else {
    must(feedback.bitrateBps >= 0 && Number.isFinite(feedback.bitrateBps), "a bitrate is a number");
  }
}
