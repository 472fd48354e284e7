/**
 * A camera with an address: the pattern under noise as raw pictures (YUV4MPEG2) over HTTP, drawn when they are due. Each
 * visitor has one of its own. `argv`: width, height, fps, and until when (milliseconds of the visit) there is no noise.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { drawBackground, drawMoving } from "../../src/sender/capture/pattern-picture.ts";
import type { Picture } from "../../src/sender/capture/picture.ts";
import { drawNoise, makeNoise } from "./busy.ts";

const [width = 0, height = 0, fps = 0, plainUntilMs = 0] = process.argv.slice(2).map(Number);
const HEADER = `YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`;
const FRAME = Buffer.from("FRAME\n");
const size = width * height;
const noise = makeNoise();

const server = createServer(async (_, response) => {
  response.writeHead(200, { "content-type": "video/x-yuv4mpeg" });
  response.write(HEADER);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const { signal } = gone;
  const startMs = performance.now();
  let dueAtMs = startMs;
  for (let counter = 0; !signal.aborted; counter++) {
    // What is not read yet is not added to: a camera drops pictures.
    if (response.writableNeedDrain) await once(response, "drain", { signal }).catch(() => {});
    const bytes = Buffer.alloc(FRAME.length + size * 1.5);
    bytes.set(FRAME);
    draw(bytes.subarray(FRAME.length), counter, performance.now() - startMs < plainUntilMs);
    response.write(bytes);
    const nowMs = performance.now();
    dueAtMs = Math.max(dueAtMs + 1_000 / fps, nowMs - 1_000 / fps);
    if (dueAtMs > nowMs) await sleep(dueAtMs - nowMs);
  }
});

function draw(bytes: Uint8Array, counter: number, plain: boolean): void {
  const planes = [bytes.subarray(0, size), bytes.subarray(size, size * 1.25), bytes.subarray(size * 1.25)] as const;
  const picture: Picture = { width, height, planes, strides: [width, width / 2, width / 2] };
  drawBackground(picture);
  if (!plain) drawNoise(picture, noise, counter);
  drawMoving(picture, { drawnAtMs: Date.now(), counter }, fps);
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) console.log(address.port);
});
