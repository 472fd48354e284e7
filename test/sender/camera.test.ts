import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";
import { camerasHere } from "../../src/sender/capture/cameras-here.ts";
import { openFailure, shownAddress, stripCredentials } from "../../src/sender/capture/ffmpeg-reason.ts";
import { SenderError } from "../../src/sender/errors.ts";
import { writeClip } from "./support/clip.ts";
import { lumaAt } from "./support/frames.ts";

Log.setLevel(AV_LOG_QUIET);

const LUMAS = [40, 80, 120, 160, 200];
const SECRET = "hunter2";
const folder = mkdtempSync(join(tmpdir(), "sightline-camera-"));
const at = (name: string) => join(folder, name);
let web: Server;
let port: number;

beforeAll(async () => {
  await writeClip(at("plain.mp4"), { lumas: LUMAS, fps: 20 });
  await writeClip(at("reordered.mkv"), { lumas: LUMAS, fps: 20, bFrames: 2 });
  await writeClip(at("late.mp4"), { lumas: LUMAS, fps: 20, firstPts: 700 });
  await writeClip(at("old.avi"), { lumas: LUMAS, fps: 20, codec: "mpeg4" });
  await writeClip(at("raw.h264"), { lumas: LUMAS, fps: 25 });
  writeFileSync(at("notes.txt"), "A file of text, and no video.\n".repeat(40));
  writeFileSync(at("empty.mp4"), "");
  writeFileSync(at("noise.mp4"), Buffer.alloc(5_000, "\x47\x11\x99"));
  web = createServer((request, response) => {
    if (request.url?.startsWith("/locked")) response.writeHead(401).end();
    else if (request.url?.startsWith("/clip")) response.end(readFileSync(at("reordered.mkv")));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  port = (web.address() as AddressInfo).port;
});

afterAll(() => {
  web.close();
  web.closeAllConnections();
  rmSync(folder, { recursive: true });
});

/** Containers may let root make no device, or open none. */
function mayHaveDevice(path: string): boolean {
  try {
    execFileSync("mknod", [path, "c", "81", "250"], { stdio: "ignore" });
  } catch {
    return existsSync(path);
  }
  try {
    closeSync(openSync(path, "r"));
    return true;
  } catch (error) {
    return Reflect.get(Object(error), "code") !== "EPERM";
  }
}

async function play(source: string, count: number) {
  const abort = new AbortController();
  await using opened = await chooseCamera(source, {}).open(abort.signal);
  const frames: { luma: number; atMs: number }[] = [];
  for await (const { frame, capturedAtMs } of opened.frames(abort.signal)) {
    frames.push({ luma: lumaAt(frame, 80, 45), atMs: capturedAtMs });
    if (frames.length === count) break;
  }
  return { format: opened.format, frames };
}

describe("a file as camera", () => {
  it.each([
    ["plain.mp4", 20],
    ["reordered.mkv", 20],
    ["late.mp4", 20],
    ["old.avi", 20],
    ["raw.h264", 25],
  ])("plays %s over and over, whole and in order, at its own pace", async (name, fps) => {
    const { format, frames } = await play(at(name), 12);
    expect(format).toEqual({ width: 160, height: 90, fps });
    for (const [i, { luma }] of frames.entries()) expect(Math.abs(luma - (LUMAS[i % 5] ?? 0))).toBeLessThan(6);
    // Timers may be late, never early: the whole cannot take less, nor may the end of one round run into the next.
    const startedAtMs = frames[0]?.atMs ?? 0;
    for (const [i, { atMs }] of frames.entries()) expect(atMs - startedAtMs).toBeGreaterThan((i * 1_000) / fps - 8);
  });

  it.each([
    ["slideshow.mkv", 0.5, 1],
    ["slow-motion.mp4", 960, 30],
  ])("of an odd rate, %s with %d fps, is one of %d", async (name, fps, shownFps) => {
    await writeClip(at(name), { lumas: LUMAS, fps });
    await using source = await chooseCamera(at(name), {}).open(new AbortController().signal);
    expect(source.format).toEqual({ width: 160, height: 90, fps: shownFps });
  });

  it("may be opened again, and twice at once", async () => {
    const camera = chooseCamera(at("plain.mp4"), {});
    expect(camera.name).toBe(at("plain.mp4"));
    const signal = new AbortController().signal;
    await using one = await camera.open(signal);
    await using two = await camera.open(signal);
    expect(one.format).toEqual(two.format);
  });

  it("ends at once when it is told to", async () => {
    const abort = new AbortController();
    await using source = await chooseCamera(at("plain.mp4"), {}).open(abort.signal);
    let count = 0;
    for await (const _ of source.frames(abort.signal)) if (++count === 7) abort.abort();
    expect(count).toBe(7);
  });

  it("may come from the web, where its query is nobody's business", async () => {
    const url = `http://127.0.0.1:${port}/clip.mkv?key=${SECRET}`;
    expect(chooseCamera(url, {}).name).toBe(`http://127.0.0.1:${port}/clip.mkv`);
    const { frames } = await play(url, 7);
    expect(Math.abs((frames[6]?.luma ?? 0) - 80)).toBeLessThan(6);
  });
});

async function refusal(source: string): Promise<SenderError> {
  try {
    await chooseCamera(source, {}).open(new AbortController().signal);
  } catch (error) {
    if (error instanceof SenderError) return error;
    throw error;
  }
  throw new Error(`${source} was opened`);
}

describe("a camera that cannot be used gets its sentence:", () => {
  it.each([
    ["missing.mp4", "there is no such file."],
    ["", "it is a folder, not a video."],
    ["notes.txt", "it has no video in it."],
    ["empty.mp4", "it is not a video that FFmpeg can read."],
    ["noise.mp4", "it is not a video that FFmpeg can read."],
  ])("file %j", async (name, why) => {
    const error = await refusal(join(folder, name));
    expect(error).toMatchObject({ reason: "camera", code: "camera-unusable" });
    expect(error.message).toBe(`Camera "${join(folder, name)}" cannot be used: ${why}`);
  });

  it.each(["/dev/video987", "/dev/v4l/by-id/usb-none-index0"])("an absent device, %s", async (device) => {
    const error = await refusal(device);
    expect(error.message).toContain(`Camera "${device}" cannot be used: it is not there. `);
    expect(error.message).toMatch(/there\. (This machine|Cameras)/);
    expect(error.reason).toBe("camera");
  });

  it.runIf(process.platform === "linux")("a camera's number, as OpenCV takes it", async () => {
    const error = await refusal("0");
    expect(error).toMatchObject({ reason: "camera", code: "camera-unusable" });
    const begins = 'Camera "0" cannot be used: a camera is named by its device, /dev/video0.';
    expect(error.message).toBe(`${begins} ${camerasHere()}`);
  });

  it.each([
    ["short", "x"],
    ["longer than any file's name", "x".repeat(5_000)],
  ])("a GStreamer pipeline, whose password is not repeated, %s", async (_length, name) => {
    const error = await refusal(`rtspsrc name=${name} location=rtsp://u:${SECRET}@h/x ! decodebin ! fakesink`);
    expect(error).toMatchObject({ reason: "camera", code: "camera-unusable" });
    expect(error.message).toMatch(/^A GStreamer pipeline cannot be a camera itself\. .*rtsp:\/\//);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });

  it("a file that is named like a number or a pipeline is a file", async () => {
    writeFileSync(at("7"), "");
    writeFileSync(at("a ! b"), "");
    const before = process.cwd();
    process.chdir(folder);
    try {
      for (const name of ["7", "a ! b"]) expect((await refusal(name)).message).toContain("not a video that FFmpeg");
    } finally {
      process.chdir(before);
    }
  });

  it.each(["darwin", "win32"] as const)("any device, where the system has none that can be used (%s)", (platform) => {
    expect(camerasHere(platform)).toBe("USB cameras work on Linux only so far; rtsp://, http:// and files work here.");
  });

  it("a device that another program has open", () => {
    expect(openFailure(new Error("Device or resource busy"))).toMatch(
      /^another program is using it \(.*examples\/05-pictures-of-a-program\.py\)$/,
    );
    expect(existsSync("examples/05-pictures-of-a-program.py")).toBe(true);
  });

  it("a pipe, which would be waited at for ever, and what else is neither file nor camera", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    for (const path of [at("pipe"), "/dev/null"]) {
      const error = await refusal(path);
      expect(error).toMatchObject({ reason: "camera", code: "camera-unusable" });
      const why = "it is neither a file nor a camera. What a program makes can be served over HTTP.";
      expect(error.message).toBe(`Camera "${path}" cannot be used: ${why}`);
    }
  });

  it("a name that no file can have", async () => {
    const error = await refusal("a".repeat(5_000));
    expect(error).toMatchObject({ reason: "camera", code: "camera-unusable" });
    expect(error.message).toContain("cannot be used: ENAMETOOLONG");
  });

  // A node like that of a camera whose driver is not here: named as it likes, it is opened as a device all the same.
  it.runIf(process.getuid?.() === 0)("a device by a name of its owner's", async ({ skip }) => {
    const device = join(folder, "front-camera");
    skip(!mayHaveDevice(device), "This container may have no device.");
    const error = await refusal(device);
    expect(error.message).toBe(`Camera "${device}" cannot be used: it is not a camera that can capture.`);
  });

  it.each(["Error opening input: Operation not permitted", "EPERM: operation not permitted, open '/dev/video0'"])(
    "one that its container may not open, %j",
    (said) => {
      expect(openFailure(new Error(said))).toBe(
        "the system, or the container that this runs in, does not allow it (for a camera: docker run --device /dev/video0)",
      );
    },
  );

  it.each([
    ["rtsp", "rtsp://HOST/live", "nothing listens at that address."],
    ["http", "http://HOST/live", "nothing listens at that address."],
    ["foo", "foo://HOST/live", "FFmpeg knows no such kind of address."],
  ])("a refused address (%s), without user name, password and query", async (_scheme, url, why) => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
    const error = await refusal(`${url.replace("HOST", `admin:${SECRET}@${host}`)}?key=${SECRET}`);
    expect(error.message).toBe(`Camera "${url.replace("HOST", host)}" cannot be used: ${why}`);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });

  it.each([
    ["/gone", "the address exists, but has no such stream."],
    ["/locked", "it asks for a user name and password: put them into the address, rtsp://user:password@host/path."],
  ])("an address that answers %s", async (path, why) => {
    const error = await refusal(`http://127.0.0.1:${port}${path}`);
    expect(error.message).toBe(`Camera "http://127.0.0.1:${port}${path}" cannot be used: ${why}`);
  });

  it("a host that speaks something else", async () => {
    const server = createTcpServer((socket) => socket.end("What?\r\n\r\n"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const error = await refusal(`rtsp://127.0.0.1:${(server.address() as AddressInfo).port}/live`);
    expect(error.message).toContain("cannot be used: it is not a video that FFmpeg can read.");
    server.close();
  });

  it.each([`rtsp://admin:${SECRET}/x@127.0.0.1/live`, "http://[bad"])("an address that is none", async (url) => {
    const error = await refusal(url);
    expect(error).toMatchObject({ reason: "usage", code: "usage" });
    expect(error.message).toContain("It looks like rtsp://user:password@host/path");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  });
});

it.each([
  ["rtsp://h/x", "rtsp://h/x"],
  ["rtsp://u:p@h/x", "rtsp://h/x"],
  ["rtsp://u:p@w@h/x", "rtsp://h/x"],
  ["rtsp://u:p/w@h/x", "rtsp://h/x"],
  ["http://h/x?token=p", "http://h/x"],
  ["http://u:p@h/x?mail=a@b", "http://h/x"],
  ["RTSP://u:p@h", "RTSP://h"],
  ["failed to open 'rtsp://u:p@h/x': no", "failed to open 'rtsp://h/x': no"],
  ["one http://u:p@h/a and http://u:p@h/b?c=d", "one http://h/a and http://h/b"],
  ["/dev/video0", "/dev/video0"],
  ["mail@example.com", "mail@example.com"],
])("%s is shown as %s", (text, shown) => {
  expect(stripCredentials(text)).toBe(shown);
});

it.each([
  ["rtsp://u:p@h/x", "rtsp://h/x"],
  ["rtsp://admin:my pass@h/live", "rtsp://h/live"],
  ["rtsp://admin:12?3@h/live", "rtsp://h/live"],
  ["rtsp://admin:12/3@h/live?channel=1", "rtsp://h/live"],
  ["http://h/x?user=a&pwd=my secret", "http://h/x"],
  ["http://h/x?mail=a@b", "http://h/x"],
  ["rtsp://h/user=admin_password=hunter2_channel=1_stream=0.sdp", "rtsp://h/user=…_password=…_channel=1_stream=0.sdp"],
  ["rtsp://h:554/axis-media/media.amp", "rtsp://h:554/axis-media/media.amp"],
])("the camera %s is called %s", (url, shown) => {
  expect(shownAddress(url)).toBe(shown);
});
