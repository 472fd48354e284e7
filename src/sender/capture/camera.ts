import { existsSync, type Stats, statSync } from "node:fs";
import { resolve } from "node:path";
import { cameraError, SenderError, usageError } from "../errors.ts";
import { camerasHere } from "./cameras-here.ts";
import { openInput } from "./demuxed.ts";
import { openFailure, shownAddress } from "./ffmpeg-reason.ts";
import { looped } from "./looped.ts";
import { misnamed } from "./misnamed.ts";
import type { Input } from "./opened-input.ts";
import { patternCamera } from "./pattern.ts";
import type { Camera, CaptureOptions, Source } from "./source.ts";

/** Linux's number for such devices (Documentation/admin-guide/devices.txt). */
const VIDEO4LINUX_MAJOR = 81;

/**
 * What `--camera SRC` names: `pattern`, a device such as `/dev/video0` or `/dev/v4l/by-id/NAME`, an RTSP or HTTP address,
 * or a file.
 */
export function chooseCamera(source: string, options: CaptureOptions): Camera {
  if (source === "pattern") return patternCamera(options);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return urlCamera(source);
  return isVideoDevice(source) ? deviceCamera(source, options) : fileCamera(source);
}

/** By its name, plugged in or not, or by what it is: udev's rules give devices any name. */
function isVideoDevice(path: string): boolean {
  if (/^\/dev\/(video\d|v4l\/)/.test(path)) return true;
  try {
    const stat = statSync(path);
    return stat.isCharacterDevice() && ((stat.rdev >> 8) & 0xfff) === VIDEO4LINUX_MAJOR;
  } catch {
    // Why it cannot be looked at is said when it is opened.
    return false;
  }
}

function noFile(stat: Stats): string {
  if (stat.isDirectory()) return "it is a folder, not a video.";
  return "it is neither a file nor a camera. What a program makes can be served over HTTP.";
}

function fileCamera(path: string): Camera {
  const url = resolve(path);
  const open = async (signal: AbortSignal): Promise<Source> => {
    // Asked first, since FFmpeg would take a name with a colon for a protocol.
    const stat = statOf(path, url);
    if (!stat) throw misnamed(path) ?? cameraError(`Camera "${path}" cannot be used: there is no such file.`);
    // Whoever opens a pipe that nobody writes to is held, and nothing ends that wait.
    if (!stat.isFile()) throw cameraError(`Camera "${path}" cannot be used: ${noFile(stat)}`);
    return looped((again) => openOrExplain(path, [{ url, finite: true }], again), signal);
  };
  return { name: path, open };
}

function statOf(path: string, url: string): Stats | undefined {
  try {
    return statSync(url, { throwIfNoEntry: false });
  } catch (cause) {
    throw misnamed(path) ?? cameraError(`Camera "${path}" cannot be used: ${openFailure(cause)}.`, cause);
  }
}

function urlCamera(url: string): Camera {
  if (!URL.canParse(url)) {
    throw usageError(
      "The camera's address cannot be read. It looks like rtsp://user:password@host/path, where a password's @ is written %40 and its / %2F.",
    );
  }
  const name = shownAddress(url);
  const scheme = new URL(url).protocol;
  const timeoutUs = "8000000";
  // Over TCP a camera's stream loses no packet and passes most firewalls. Its sound is not sent for nothing.
  const rtsp = { rtsp_transport: "tcp", timeout: timeoutUs, max_delay: "0", allowed_media_types: "video" };
  const options: Record<string, string> = /^rtsps?:$/.test(scheme) ? rtsp : { rw_timeout: timeoutUs };
  const live: Input = { url, options: { ...options, fflags: "nobuffer" } };
  const open = async (signal: AbortSignal): Promise<Source> => {
    const first = await openOrExplain(name, [live], signal);
    if (!first.finite) return first;
    await first[Symbol.asyncDispose]();
    // Without `nobuffer`, which throws away what was read to find out the format.
    const recording: Input = { url, options, finite: true };
    return looped((again) => openOrExplain(name, [recording], again), signal);
  };
  return { name, open };
}

function deviceCamera(device: string, options: CaptureOptions): Camera {
  const wanted: Record<string, string> = {};
  if (options.width && options.height) wanted.video_size = `${options.width}x${options.height}`;
  if (options.fps) wanted.framerate = String(options.fps);
  // Over USB 2 a raw picture of this size reaches 10 fps, MJPEG 30: take it when the camera has it.
  const input = (extra: Record<string, string>): Input => ({
    url: device,
    format: "v4l2",
    options: { ...wanted, ...extra },
  });
  const open = async (signal: AbortSignal): Promise<Source> => {
    if (!existsSync(device)) throw cameraError(`Camera "${device}" cannot be used: it is not there. ${camerasHere()}`);
    return openOrExplain(
      device,
      [input({ input_format: "mjpeg" }), input({}), { url: device, format: "v4l2" }],
      signal,
    );
  };
  return { name: device, open };
}

/** Tries each way to open the input; the first way's failure explains, being the one that was wanted. */
async function openOrExplain(name: string, inputs: Input[], signal: AbortSignal) {
  let failure: unknown;
  for (const input of inputs) {
    try {
      return await openInput(input, signal);
    } catch (cause) {
      signal.throwIfAborted();
      failure ??= cause;
    }
  }
  const words = failure instanceof SenderError ? failure.message : openFailure(failure);
  const reason = inputs.reduce((text, { url }) => text.replaceAll(url, name), words);
  throw cameraError(`Camera "${name}" cannot be used: ${reason}.`, failure);
}
