import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chooseCamera } from "../../src/sender/capture/camera.ts";
import { writeClip } from "./support/clip.ts";

Log.setLevel(AV_LOG_QUIET);

/** More than node-av would read ahead. */
const PICTURES = 300;
const folder = mkdtempSync(join(tmpdir(), "sightline-input-"));
const at = (name: string) => join(folder, name);
let web: Server;

beforeAll(async () => {
  const lumas = Array.from({ length: PICTURES }, (_, i) => 40 + (i % 150));
  await writeClip(at("long.mp4"), { lumas, fps: 20 });
  await writeClip(at("live.h264"), { lumas, fps: 20 });
  // A camera that goes quiet and keeps the line open.
  web = createServer((request, response) => {
    if (request.url === "/live") response.write(readFileSync(at("live.h264")));
  });
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
  web.closeAllConnections();
  web.close();
  rmSync(folder, { recursive: true });
});

it("plays a long file without keeping a core busy", async () => {
  const { signal } = new AbortController();
  await using source = await chooseCamera(at("long.mp4"), {}).open(signal);
  const begunAtMs = performance.now();
  const before = process.threadCpuUsage();
  let count = 0;
  for await (const _ of source.frames(signal)) if (++count === 30) break;
  const { user, system } = process.threadCpuUsage(before);
  // At its own pace this is one and a half seconds of next to nothing; a loop that waits by turning takes all of them.
  expect((user + system) / 1_000 / (performance.now() - begunAtMs)).toBeLessThan(0.3);
});

const urlOf = (path: string) => `http://127.0.0.1:${(web.address() as AddressInfo).port}/${path}`;

// By itself FFmpeg waits for eight seconds. Closed under a read that waits, it takes the process along.
it("ends within a moment while it waits for a camera that says nothing any more", async () => {
  const abort = new AbortController();
  let abortedAtMs = Number.NaN;
  {
    await using source = await chooseCamera(urlOf("live"), {}).open(abort.signal);
    let quiet: NodeJS.Timeout | undefined;
    for await (const _ of source.frames(abort.signal)) {
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        abortedAtMs = performance.now();
        abort.abort();
      }, 500);
    }
  }
  expect(performance.now() - abortedAtMs).toBeLessThan(1_500);
});

it("does not go on opening a camera that nobody wants any more", async () => {
  const begunAtMs = performance.now();
  await expect(chooseCamera(urlOf("silent"), {}).open(AbortSignal.timeout(300))).rejects.toThrow("timeout");
  expect(performance.now() - begunAtMs).toBeLessThan(3_000);
});
