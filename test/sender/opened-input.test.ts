import { createHook } from "node:async_hooks";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CodecContext, FFmpegError, FormatContext, Log } from "node-av";
import { AV_LOG_QUIET, AVERROR_EAGAIN, AVERROR_EIO, AVERROR_ENODEV, AVFMT_FLAG_NONBLOCK } from "node-av/constants";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";
import { OpenedInput } from "../../src/sender/capture/opened-input.ts";
import type { Source } from "../../src/sender/capture/source.ts";
import { writeClip } from "./support/clip.ts";

Log.setLevel(AV_LOG_QUIET);

/** More than node-av would read ahead. */
const PICTURES = 300;
/** A packet of MPEG-TS without content (ISO/IEC 13818-1 section 2.4.1). */
const NULL_PACKET = Buffer.concat([Buffer.from([0x47, 0x1f, 0xff, 0x10]), Buffer.alloc(184, 0xff)]);
const folder = mkdtempSync(join(tmpdir(), "sightline-input-"));
const at = (name: string) => join(folder, name);
let web: Server;

beforeAll(async () => {
  const lumas = Array.from({ length: PICTURES }, (_, i) => 40 + (i % 150));
  await writeClip(at("long.mp4"), { lumas, fps: 20 });
  await writeClip(at("live.h264"), { lumas, fps: 20 });
  await writeClip(at("live.ts"), { lumas, fps: 20 });
  // A camera that goes quiet and keeps the line open.
  web = createServer((request, response) => {
    if (request.url === "/live") response.write(readFileSync(at("live.h264")));
    if (request.url !== "/no-video-any-more") return;
    response.write(readFileSync(at("live.ts")));
    const timer = setInterval(() => response.write(NULL_PACKET), 50);
    response.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

afterAll(() => {
  web.closeAllConnections();
  web.close();
  rmSync(folder, { recursive: true });
});

it("plays a long file without keeping a core busy", async () => {
  const { signal } = new AbortController();
  await using source = await chooseCamera(at("long.mp4"), {}).open(signal);
  let waits = 0;
  const hook = createHook({
    init: (_, type) => {
      if (type === "Timeout" || type === "Immediate") waits++;
    },
  });
  let count = 0;
  hook.enable();
  for await (const _ of source.frames(signal)) if (++count === 30) break;
  hook.disable();
  // One for each picture, and some of the test runner's; a loop that waits by turning sets thousands.
  expect(waits).toBeLessThan(300);
});

const urlOf = (path: string) => `http://127.0.0.1:${(web.address() as AddressInfo).port}/${path}`;

/** By itself FFmpeg waits for eight seconds. */
const FFMPEG_MS = 8_000;

// Closed under a read that waits, FFmpeg takes the process along.
it("ends while it waits for a camera that says nothing any more, and not when FFmpeg gives that up", async () => {
  const abort = new AbortController();
  const aborted = Promise.withResolvers<void>();
  const playing = (async () => {
    await using source = await chooseCamera(urlOf("live"), {}).open(abort.signal);
    let quiet: NodeJS.Timeout | undefined;
    for await (const _ of source.frames(abort.signal)) {
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        abort.abort();
        aborted.resolve();
      }, 500);
    }
  })();
  await aborted.promise;
  expect(await Promise.race([playing, sleep(FFMPEG_MS - 1_000, "waits on")])).toBeUndefined();
}, 20_000);

it("does not go on opening a camera that nobody wants any more", async () => {
  const opening = chooseCamera(urlOf("silent"), {}).open(AbortSignal.timeout(300));
  await expect(Promise.race([opening, sleep(FFMPEG_MS - 1_000)])).rejects.toThrow("timeout");
}, 20_000);

it("opens a device so that a read does not wait for its next picture: nothing would end that wait", async () => {
  const open = vi.spyOn(FormatContext.prototype, "openInput");
  const flags: number[] = [];
  open.mockImplementation(async function (this: FormatContext) {
    flags.push(this.flags);
    return AVERROR_EIO;
  });
  const { signal } = new AbortController();
  await expect(OpenedInput.open({ url: "/dev/video0", format: "v4l2" }, signal)).rejects.toThrow(FFmpegError);
  await expect(OpenedInput.open({ url: at("long.mp4") }, signal)).rejects.toThrow(FFmpegError);
  expect(flags.map((each) => each & AVFMT_FLAG_NONBLOCK)).toEqual([AVFMT_FLAG_NONBLOCK, 0]);
});

async function countPictures(source: Source, tell: (count: number) => void = () => {}): Promise<number> {
  let count = 0;
  for await (const _ of source.frames(new AbortController().signal)) tell(++count);
  return count;
}

/**
 * Waits for what plays to come to its end by the deadline, without waiting for that.
 * @param least so many pictures come
 */
async function afterDeadline(source: Source, least = 0): Promise<unknown> {
  let count = 0;
  const playing = countPictures(source, (now) => {
    count = now;
  });
  const failure = playing.then(
    () => undefined,
    (error) => error,
  );
  // The deadline begins with the last picture.
  for (let before = -1; count > before || count < least; ) {
    before = count;
    await sleep(500);
  }
  vi.advanceTimersByTime(9_000);
  await sleep(100);
  expect(await Promise.race([failure, sleep(1, "plays on")])).toBe("plays on");
  vi.advanceTimersByTime(1_000);
  return failure;
}

const SILENT = {
  reason: "camera",
  code: "camera-unusable",
  message: "The camera gives no pictures: none has come for 10 s.",
};

it("gives up a device that has no picture", async () => {
  await using source = await chooseCamera(urlOf("live"), {}).open(new AbortController().signal);
  const read = vi.spyOn(FormatContext.prototype, "readFrame").mockResolvedValue(AVERROR_EAGAIN);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  expect(await afterDeadline(source)).toMatchObject(SILENT);
  // It was asked now and then, not all the time.
  expect(read.mock.calls.length).toBeGreaterThan(5);
  expect(read.mock.calls.length).toBeLessThan(300);
});

it("gives up a camera whose video ends while its connection lives", async () => {
  await using source = await chooseCamera(urlOf("no-video-any-more"), {}).open(new AbortController().signal);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  expect(await afterDeadline(source, 1)).toMatchObject(SILENT);
});

it("takes no long pause for video that cannot be decoded", async () => {
  const abort = new AbortController();
  await using source = await chooseCamera(urlOf("live"), {}).open(abort.signal);
  const { readFrame } = FormatContext.prototype;
  const realNow = performance.now.bind(performance);
  let pausedMs = 0;
  let count = 0;
  vi.spyOn(performance, "now").mockImplementation(() => realNow() + pausedMs);
  vi.spyOn(FormatContext.prototype, "readFrame").mockImplementation(async function (this: FormatContext, packet) {
    if (count > 0) pausedMs += 25_000;
    return readFrame.call(this, packet);
  });
  for await (const _ of source.frames(abort.signal)) if (++count === 20) break;
  expect([count, pausedMs]).toEqual([20, 19 * 25_000]);
});

it("gives up a camera whose video never decodes, after twenty seconds of it", async () => {
  await using source = await chooseCamera(urlOf("live"), {}).open(new AbortController().signal);
  const { readFrame } = FormatContext.prototype;
  const realNow = performance.now.bind(performance);
  let reads = 0;
  vi.spyOn(performance, "now").mockImplementation(() => realNow() + reads * 4_900);
  vi.spyOn(CodecContext.prototype, "receiveFrame").mockResolvedValue(AVERROR_EAGAIN);
  vi.spyOn(FormatContext.prototype, "readFrame").mockImplementation(async function (this: FormatContext, packet) {
    reads++;
    return readFrame.call(this, packet);
  });
  await expect(countPictures(source)).rejects.toMatchObject({
    reason: "camera",
    message: "The camera sends video, but none of it could be decoded for 20 s.",
  });
  // Counted from its first packet.
  expect(reads).toBe(6);
});

it.each([
  ["a camera that was unplugged", AVERROR_ENODEV, "it is gone; was it unplugged?"],
  ["one that cannot be read", AVERROR_EIO, "it cannot be reached or read (check the address and the network)"],
])("says why %s broke off", async (_name, code, why) => {
  await using source = await chooseCamera(urlOf("live"), {}).open(new AbortController().signal);
  vi.spyOn(FormatContext.prototype, "readFrame").mockResolvedValue(code);
  await expect(countPictures(source)).rejects.toMatchObject({
    reason: "camera",
    message: `The camera's stream broke off: ${why}.`,
  });
});

it("says that a camera on the network went silent", async () => {
  await using source = await chooseCamera(urlOf("live"), {}).open(new AbortController().signal);
  await expect(countPictures(source)).rejects.toThrow("The camera's stream broke off: it did not answer in time.");
}, 20_000);
