import { cameraError, type SenderError } from "../errors.ts";
import { camerasHere } from "./cameras-here.ts";

/**
 * Of what other programs take for a camera, and which is no file, what to do instead.
 * @returns `undefined` where it looks like a file's name
 */
export function misnamed(source: string): SenderError | undefined {
  // As OpenCV counts them.
  if (/^\d{1,3}$/.test(source)) {
    return cameraError(
      `Camera "${source}" cannot be used: a camera is named by its device, /dev/video${source}. ${camerasHere()}`,
    );
  }
  // Not repeated: a password may be in it.
  if (/ ! /.test(source)) {
    return cameraError(
      "A GStreamer pipeline cannot be a camera itself. Let it serve RTSP, or end in tcpserversink, and give that address, rtsp://… or tcp://…: docs/players.md, GStreamer.",
    );
  }
  return undefined;
}
