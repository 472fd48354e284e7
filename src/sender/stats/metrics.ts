import { Counter, Gauge, Registry } from "prom-client";
import type { CameraStats, DeliveryStats, EncoderStats, SenderStats } from "../../protocol/stats.ts";

/** One series of values by Prometheus' names and base units: seconds, ratios of 1, `_total` for what only grows. */
export interface Metric<Of> {
  name: string;
  help: string;
  /** Absent values are left out. */
  value(of: Of): number | undefined;
}

const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms * 1_000) / 1_000_000);

export const CAMERA_METRICS: Metric<CameraStats>[] = [
  { name: "sightline_camera_fps", help: "Frames that the camera gives per second", value: (c) => c.capturedFps },
  { name: "sightline_camera_frames_captured_total", help: "Frames captured", value: (c) => c.framesCaptured },
  { name: "sightline_camera_frames_encoded_total", help: "Frames encoded, all rungs", value: (c) => c.framesEncoded },
  { name: "sightline_camera_keyframes_total", help: "Keyframes among them", value: (c) => c.keyframes },
  {
    name: "sightline_camera_frames_dropped_encoder_busy_total",
    help: "Frames that a newer one replaced before the encoder had time",
    value: (c) => c.framesDroppedEncoderBusy,
  },
  {
    name: "sightline_camera_frames_dropped_thinned_total",
    help: "Frames left out for a rung with fewer frames per second",
    value: (c) => c.framesDroppedThinned,
  },
];

export const RUNG_METRICS: Metric<EncoderStats>[] = [
  { name: "sightline_rung_width_pixels", help: "Width of the rung's picture", value: (r) => r.width },
  { name: "sightline_rung_height_pixels", help: "Height of the rung's picture", value: (r) => r.height },
  { name: "sightline_rung_fps", help: "Frames encoded per second", value: (r) => r.encodedFps },
  { name: "sightline_rung_bitrate_bits_per_second", help: "What is asked of its encoder", value: (r) => r.bitrateBps },
  {
    name: "sightline_rung_encode_seconds",
    help: "From a frame's capture until it is encoded, median of two seconds",
    value: (r) => seconds(r.encodeMs),
  },
];

export const VIEWER_METRICS: Metric<DeliveryStats>[] = [
  { name: "sightline_viewer_target_bits_per_second", help: "For all that is sent", value: (d) => d.targetBps },
  { name: "sightline_viewer_estimate_bits_per_second", help: "What the network carries", value: (d) => d.estimateBps },
  {
    name: "sightline_viewer_sent_bits_per_second",
    help: "What was sent, RTP headers counted, UDP's and IP's not",
    value: (d) => d.sentBps,
  },
  {
    name: "sightline_viewer_retransmitted_bits_per_second",
    help: "What of it was sent again",
    value: (d) => d.retransmittedBps,
  },
  { name: "sightline_viewer_rtt_seconds", help: "Round-trip time", value: (d) => seconds(d.rttMs) },
  {
    name: "sightline_viewer_loss_ratio",
    help: "Packets lost, 0 to 1; keyframes' and probes' left out where the viewer tells of each packet",
    value: (d) => d.lossFraction,
  },
  { name: "sightline_viewer_queue_seconds", help: "Queue in the network", value: (d) => seconds(d.queueMs) },
  { name: "sightline_viewer_pacer_seconds", help: "Queue before the network", value: (d) => seconds(d.pacerMs) },
  { name: "sightline_viewer_playout_seconds", help: "Playout delay asked for", value: (d) => seconds(d.playoutMs) },
  { name: "sightline_viewer_rung", help: "Rung that its frames come from", value: (d) => d.rung?.id },
  { name: "sightline_viewer_frames_sent_total", help: "Frames sent", value: (d) => d.framesSent },
  {
    name: "sightline_viewer_frames_dropped_no_keyframe_total",
    help: "Frames before the first keyframe that it could begin with",
    value: (d) => d.framesDroppedNoKeyframe,
  },
  {
    name: "sightline_viewer_frames_dropped_behind_total",
    help: "Frames that the viewer's thread left out because it could not keep up",
    value: (d) => d.framesDroppedBehind,
  },
  {
    name: "sightline_viewer_packets_refused_total",
    help: "Packets that the system or the relay did not take",
    value: (d) => d.packetsRefused,
  },
  {
    name: "sightline_viewer_retransmissions_dropped_late_total",
    help: "Retransmissions that would have come too late",
    value: (d) => d.retransmissionsDroppedLate,
  },
  {
    name: "sightline_viewer_retransmissions_dropped_over_budget_total",
    help: "Retransmissions that a tight network had no room for",
    value: (d) => d.retransmissionsDroppedOverBudget,
  },
];

export const VIEWERS = { name: "sightline_viewers", help: "Viewers that are connected" };
export const LIMITED_BY = {
  name: "sightline_viewer_limited_by",
  help: "1 for what keeps the target from being higher",
};

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** Prometheus' text. Who watches shows in it as a number of this run: no id, name, address or token. */
export async function metricsText({ cameras, viewers }: SenderStats): Promise<string> {
  // Made anew each time, so that nothing remains of who left.
  const registry = new Registry();
  new Gauge({ ...VIEWERS, registers: [registry] }).set(viewers.length);
  const byCamera = cameras.map((of, camera) => ({ labels: { camera }, of }));
  register(registry, CAMERA_METRICS, ["camera"], byCamera);
  register(
    registry,
    RUNG_METRICS,
    ["camera", "rung"],
    byCamera.flatMap(({ labels, of }) => of.rungs.map((rung) => ({ labels: { ...labels, rung: rung.id }, of: rung }))),
  );
  const byViewer = viewers.map((of) => ({ labels: { viewer: of.index }, of }));
  register(registry, VIEWER_METRICS, ["viewer"], byViewer);
  const limited = new Gauge({ ...LIMITED_BY, labelNames: ["viewer", "by"], registers: [registry] });
  for (const { labels, of } of byViewer) limited.set({ ...labels, by: of.limitedBy }, 1);
  return registry.metrics();
}

function register<Of>(
  registry: Registry,
  metrics: readonly Metric<Of>[],
  labelNames: string[],
  all: readonly { labels: Record<string, number>; of: Of }[],
): void {
  for (const { name, help, value } of metrics) {
    const options = { name, help, labelNames, registers: [registry] };
    const grows = name.endsWith("_total") ? new Counter(options) : undefined;
    const gauge = grows ? undefined : new Gauge(options);
    for (const { labels, of } of all) {
      const now = value(of);
      if (now === undefined) continue;
      grows?.inc(labels, now);
      gauge?.set(labels, now);
    }
  }
}
