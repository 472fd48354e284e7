import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookThroughSctp } from "../../src/sender/peer/repairs/sctp-packet.ts";
import { MediaViewer } from "../support/media-viewer.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(() => void process.off("unhandledRejection", note));

// Found by test/fuzz: in werift 0.25.2 the first of these ended the process.
it("data that is no SCTP ends neither the sender nor the viewer's stream", async () => {
  await using viewer = await MediaViewer.open({ data: true });
  await expect.poll(() => viewer.peer.state).toBe("connected");
  for (const bytes of [1, 11, 12, 13, 40, 1_000]) await viewer.sendData(Buffer.alloc(bytes, bytes));
  await sleep(50);
  expect(unhandled).toEqual([]);
  expect(viewer.peer.state).toBe("connected");
});

describe("a packet that werift would read for ever, or for long", () => {
  const packet = (chunks: string) => Buffer.concat([Buffer.alloc(12), Buffer.from(chunks.replace(/ /g, ""), "hex")]);
  const PING = "00030011 00000001 00000000 00000033 68000000 ";
  const RESET = "0010000c 00000001 00000000 ";

  it.each([
    ["a chunk of length 0", "82000000 00070094"],
    ["a chunk longer than the packet", "00030020 00000001"],
    ["a parameter of length 0", "82000008 000d0000"],
    ["a parameter of length 0 in an INIT", "01000018 00000001 00010000 ffffffff 00000001 c0000000"],
    ["a cause of length 0 in an ABORT", "06000008 00000000"],
    ["a cause of length 0 in an ERROR", "09000008 00000000"],
    ["a SACK of wide gaps", `03000018 00000001 00010000 00020000 0001ffff 0001ffff`],
    ["a SACK with fewer gaps than it says", "03000010 00000001 00010000 00020000"],
    ["a chunk more than may be", PING.repeat(65)],
    ["a chunk with a parameter more than may be", `82000304 ${RESET.repeat(64)}`],
    ["streams without end that are forwarded", `c0000108 00000001 ${"00010001".repeat(64)}`],
    ["a stream of a high number", "00030011 00000001 01000000 00000033 68000000"],
    ["a stream of a high number that is forwarded", "c000000c 00000001 01000001"],
    ["DATA too short for a stream", "00030008 00000001"],
  ])("is not read: %s", (_name, chunks) => {
    expect(lookThroughSctp(packet(chunks))).toBeUndefined();
  });

  it.each([
    [
      "an INIT",
      "01000020 00000001 00010000 ffffffff 00000001 c0000004 80080006 c0820000",
      { parts: 3, hasData: false },
    ],
    ["a SACK", "03000014 00000001 00010000 00010000 00020003", { parts: 1, hasData: false }],
    [
      "DATA and a SACK, padded",
      "00030012 00000001 00000000 00000033 6869 0000 03000010 00000001 00010000 00000000",
      { parts: 2, hasData: true },
    ],
    ["as many chunks as may be", PING.repeat(64), { parts: 64, hasData: true }],
    ["a stream that is forwarded", "c000000c 00000001 00ff0001", { parts: 2, hasData: false }],
  ])("unlike %s", (_name, chunks, contents) => {
    expect(lookThroughSctp(packet(chunks))).toEqual(contents);
  });
});
