import type { CameraStats, DeliveryStats, SenderStats } from "../../protocol/stats.ts";
import { formatBitrate } from "../../protocol/units.ts";

const LABEL = "Live    ";
const GAP = "  ";

/**
 * The sender's state in one line, the most telling first.
 * @param room how many characters there are; what does not fit is left out from the end
 */
export function liveText({ cameras, viewers }: SenderStats, room: number): string {
  const [camera] = cameras;
  const pieces =
    viewers.length === 0 ? ["nobody watches"] : [viewers.length === 1 ? "1 viewer" : `${viewers.length} viewers`];
  if (viewers.length > 0) {
    pieces.push(...pictureOf(camera));
    pieces.push(`${formatBitrate(viewers.reduce((sum, { sentBps }) => sum + sentBps, 0))} sent`);
    pieces.push(...roundTripOf(viewers));
    pieces.push(...lossOf(viewers));
    pieces.push(...encodingOf(camera));
  }
  let line = LABEL;
  for (const piece of pieces) {
    if (line.length + GAP.length + piece.length > room) break;
    line += GAP + piece;
  }
  return line.slice(0, room);
}

/** Of the farthest viewer. */
function roundTripOf(viewers: readonly DeliveryStats[]): string[] {
  const times = viewers.flatMap(({ rttMs }) => rttMs ?? []);
  return times.length > 0 ? [`RTT ${Math.round(Math.max(...times))} ms`] : [];
}

/** Of the worst network. */
function lossOf(viewers: readonly DeliveryStats[]): string[] {
  const losses = viewers.flatMap(({ lossFraction }) => lossFraction ?? []);
  return losses.length > 0 ? [`loss ${(100 * Math.max(...losses)).toFixed(1)} %`] : [];
}

/** The best rung, and how many there are beside it. */
function pictureOf(camera: CameraStats | undefined): string[] {
  const [best, ...others] = camera?.rungs ?? [];
  if (!best) return ["paused"];
  const more = others.length > 0 ? ` +${others.length}` : "";
  return [`${best.width}x${best.height} ${Math.round(best.encodedFps)} fps${more}`];
}

/** Of the slowest rung. */
function encodingOf(camera: CameraStats | undefined): string[] {
  const times = (camera?.rungs ?? []).flatMap(({ encodeMs }) => encodeMs ?? []);
  return times.length > 0 ? [`encode ${Math.max(...times).toFixed(1)} ms`] : [];
}
