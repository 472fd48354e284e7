import type { CameraStats, DeliveryStats, EncoderStats } from "../../../src/protocol/stats.ts";

export const RUNG: EncoderStats = {
  ...{ id: 4, width: 1280, height: 720, fps: 30, bitrateBps: 2_500_000 },
  ...{ encodedFps: 29.9, encodeMs: 2.4, lastEncodeMs: 2.1 },
};

export const CAMERA: CameraStats = {
  ...{ name: "rtsp://camera/secret-path", capturedFps: 30, framesCaptured: 900, framesEncoded: 890, keyframes: 3 },
  ...{ framesDroppedEncoderBusy: 7, framesDroppedThinned: 11, rungs: [RUNG] },
};

export const VIEWER: DeliveryStats = {
  ...{ index: 1, id: "secret-looking-id-0001", targetBps: 3_000_000, estimateBps: 3_100_000, sentBps: 2_000_000 },
  ...{ retransmittedBps: 20_000, rttMs: 12.4, lossFraction: 0.001, queueMs: 3, pacerMs: 0, playoutMs: 120 },
  ...{ limitedBy: "delay", rung: RUNG, framesSent: 880, framesDroppedNoKeyframe: 2 },
  ...{ framesDroppedBehind: 8, packetsRefused: 9 },
  ...{ retransmissionsDroppedLate: 5, retransmissionsDroppedOverBudget: 6 },
};
