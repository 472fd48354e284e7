/** The process of the viewers. */
import { quantile } from "../figures.ts";
import { type FromViewers, monotonicMs, type ToViewers } from "./messages.ts";
import { LightViewer } from "./viewer.ts";

const TRANSPORT_FEEDBACK_MS = 50;
const RECEIVER_REPORT_MS = 1_000;
const RTP_PER_MS = 90;
/** One packet in so many has its lag kept, by chance so that no viewer and no place in a picture is preferred. */
const SAMPLED = 5;

const viewers = new Map<number, LightViewer>();
let lagsMs: number[] = [];
let lostBefore = 0;
const say = (message: FromViewers) => process.send?.(message);

process.on("disconnect", () => process.exit());
process.on("message", async (message: ToViewers) => {
  switch (message.type) {
    case "open": {
      const viewer = new LightViewer();
      viewers.set(message.viewer, viewer);
      return say({ type: "offer", viewer: message.viewer, sdp: await viewer.offer() });
    }
    case "answer": {
      const viewer = viewers.get(message.viewer);
      await viewer?.accept(message.sdp);
      start(viewer);
      return say({ type: "connected", viewer: message.viewer });
    }
    case "measure": {
      lagsMs = [];
      lostBefore = totalLost();
      for (const viewer of viewers.values()) {
        viewer.bytes = 0;
        viewer.onPacket = (rtpTimestamp) => {
          if (Math.random() * SAMPLED >= 1) return;
          lagsMs.push(monotonicMs() - (message.rtpEpochMs + rtpTimestamp / RTP_PER_MS));
        };
      }
      return;
    }
    case "report": {
      const all = [...viewers.values()];
      return say({
        type: "reported",
        reception: {
          bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
          lost: totalLost() - lostBefore,
          lagP50Ms: quantile(lagsMs, 0.5),
          lagP99Ms: quantile(lagsMs, 0.99),
        },
      });
    }
  }
});

function totalLost(): number {
  return [...viewers.values()].reduce((sum, { lost }) => sum + lost, 0);
}

function start(viewer: LightViewer | undefined): void {
  // Each at its own time, as viewers of the world are.
  setTimeout(() => setInterval(() => viewer?.sendTransportFeedback(), TRANSPORT_FEEDBACK_MS), Math.random() * 50);
  setTimeout(() => setInterval(() => viewer?.sendReceiverReport(), RECEIVER_REPORT_MS), Math.random() * 1_000);
}
