/**
 * Looks at a framebuffer file (`argv[2]`, as Xvfb's -fbdir keeps it) and notes each stamp when it first stands there. Says
 * "ready" once it has looked; what stood there then is not noted, for nobody knows since when.
 */
import { openSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readStamp } from "../../test/support/read-stamp.ts";
import type { SeenStamp } from "../../test/support/stamps.ts";
import type { Seen } from "./screen.ts";

const EVERY_MS = 2;
/** X Window Dump: a header of 32-bit words, a colour map, the rows. */
const XWD = { headerBytes: 0, width: 4, height: 5, bitsPerPixel: 11, bytesPerLine: 12, colours: 19 };
const XWD_WORDS = 25;
const COLOUR_BYTES = 12;
/** Of blue, green, red, nothing. */
const GREEN = 1;

const file = openSync(process.argv[2] ?? "", "r");
const header = Buffer.alloc(XWD_WORDS * 4);
readSync(file, header, 0, header.length, 0);
const word = (field: keyof typeof XWD) => header.readUInt32BE(XWD[field] * 4);
const [width, height, bytesPerLine] = [word("width"), word("height"), word("bytesPerLine")];
const bytesPerPixel = word("bitsPerPixel") / 8;
const pixels = word("headerBytes") + word("colours") * COLOUR_BYTES;

const seen: SeenStamp[] = [];
const line = Buffer.alloc(bytesPerLine);
let lineAt = -1;
let ended = false;
process.on("message", () => {
  ended = true;
});
process.on("disconnect", () => process.exit());

function look(): SeenStamp | undefined {
  // The clock is read first, so that a stamp is never seen before it was there.
  const seenAtMs = performance.timeOrigin + performance.now();
  lineAt = -1;
  const stamp = readStamp(width, height, (x, y) => {
    if (y !== lineAt) readSync(file, line, 0, bytesPerLine, pixels + y * bytesPerLine);
    lineAt = y;
    return line[x * bytesPerPixel + GREEN] ?? 0;
  });
  return stamp && { ...stamp, seenAtMs };
}

let last = look()?.counter;
const fromMs = performance.now();
process.send?.("ready");
while (!ended) {
  await sleep(EVERY_MS);
  const stamp = look();
  if (stamp && stamp.counter !== last) seen.push(stamp);
  last = stamp?.counter ?? last;
}
const told: Seen = { stamps: seen, watchedMs: performance.now() - fromMs };
process.send?.(told, () => process.exit());
