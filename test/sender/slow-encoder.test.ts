import { expect, it } from "vitest";
import { SlowEncoder } from "../../src/sender/slow-encoder.ts";

/** What became of one second's pictures of a rung. */
interface Second {
  encoded: number;
  dropped: number;
  encodeMs?: number;
}

const WELL: Second = { encoded: 30, dropped: 0, encodeMs: 8 };
const SLOW: Second = { encoded: 20, dropped: 10, encodeMs: 48 };
const SLOWER: Second = { encoded: 12, dropped: 18, encodeMs: 80 };
const HARDLY_SLOW: Second = { encoded: 26, dropped: 4, encodeMs: 40 };
const STUCK: Second = { encoded: 0, dropped: 30 };
const BURSTS: Second = { encoded: 20, dropped: 10, encodeMs: 12 };
const SCARCE: Second = { encoded: 28, dropped: 2, encodeMs: 34 };
/** Several pictures are in the encoder at a time. */
const LATE: Second = { encoded: 30, dropped: 0, encodeMs: 90 };
/** Its encoder failed, and is tried again in a while. */
const PAUSING: Second = { encoded: 0, dropped: 0 };

const times = <T>(count: number, second: T) => Array<T>(count).fill(second);

/** In which seconds it was told, and of which rung; each second has what became of every rung's pictures. */
function toldAt(seconds: readonly (readonly Second[])[]): [second: number, rung: number][] {
  const slow = new SlowEncoder();
  return seconds.flatMap((all, i) => {
    const rungs = all.map(({ encodeMs }, id) => ({ id, fps: 30, ...(encodeMs === undefined ? {} : { encodeMs }) }));
    const work = all.map(({ encoded, dropped }, id) => [id, { encoded, dropped }] as const);
    const told = slow.update(
      rungs,
      new Map(work.filter(([, { encoded, dropped }]) => encoded + dropped > 0)),
      (i + 1) * 1_000,
    );
    return told ? [[i + 1, told.id]] : [];
  });
}

const IDLE = undefined;

it.each<[string, (Second | typeof IDLE)[], number[]]>([
  ["nothing while it keeps up", times(300, WELL), []],
  ["once that it has been too slow for five seconds", [...times(10, WELL), ...times(120, SLOW)], [16]],
  ["the same of one that gives no picture at all", times(20, STUCK), [6]],
  ["nothing of a start", [STUCK, { ...SLOW, encodeMs: 90 }, ...times(30, WELL)], []],
  ["nothing of a busy moment", [...times(5, WELL), ...times(5, SLOW), ...times(30, WELL)], []],
  ["nothing of keyframes, however many", Array(40).fill([SLOW, WELL]).flat(), []],
  ["nothing of a picture now and then", times(60, SCARCE), []],
  ["nothing where pictures come in bursts, and it is fast", times(60, BURSTS), []],
  ["nothing while nobody watches", times(60, IDLE), []],
  ["nothing of slow seconds with a rest between", [...times(4, SLOW), ...times(3, IDLE), ...times(4, SLOW)], []],
  ["nothing of slow seconds with a pause between", [...times(4, SLOW), PAUSING, ...times(4, SLOW)], []],
  ["nothing again within a minute that went well", [...times(6, SLOW), ...times(59, WELL), ...times(9, SLOW)], [6]],
  ["it again after that", [...times(6, SLOW), ...times(61, WELL), ...times(9, SLOW)], [6, 73]],
  [
    "it once though it recovers now and then",
    Array(20)
      .fill([...times(7, SLOW), ...times(20, WELL)])
      .flat(),
    [6],
  ],
])("says %s", (_, seconds, told) => {
  expect(toldAt(seconds.map((second) => (second ? [second] : []))).map(([second]) => second)).toEqual(told);
});

it.each<[string, Second[], number | undefined]>([
  ["the slow one of two", [WELL, SLOW], 1],
  ["the slow one of three, for which less than a tenth of all pictures is dropped", [WELL, HARDLY_SLOW, WELL], 1],
  ["the slowest", [SLOW, SLOWER, HARDLY_SLOW], 1],
  ["the slow one, and not one that pauses", [SLOW, PAUSING], 0],
  ["one that gives no picture any more, though the camera does", [SLOWER, WELL, STUCK], 2],
  ["none of three that drop a picture now and then", [SCARCE, SCARCE, SCARCE], undefined],
  ["none where one drops pictures that come in bursts, and another pauses", [BURSTS, PAUSING], undefined],
  ["none where one drops pictures that come in bursts, and another is late", [BURSTS, LATE], undefined],
])("names %s", (_, rungs, named) => {
  expect(toldAt(times(60, rungs))).toEqual(named === undefined ? [] : [[6, named]]);
});

it("says nothing of rungs that are slow by turns, each for less than five seconds", () => {
  const turns = [...times(4, [SLOW, WELL]), ...times(4, [WELL, SLOW])];
  expect(toldAt([...turns, ...turns, ...turns])).toEqual([]);
});
