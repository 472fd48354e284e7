import { expect, it } from "vitest";
import { SlowEncoder } from "../../src/sender/slow-encoder.ts";

/** What became of one second's pictures. */
interface Second {
  encoded: number;
  dropped: number;
  encodeMs?: number | undefined;
}

const WELL: Second = { encoded: 30, dropped: 0, encodeMs: 8 };
const SLOW: Second = { encoded: 20, dropped: 10, encodeMs: 48 };
const STUCK: Second = { encoded: 0, dropped: 30 };
const BURSTS: Second = { encoded: 20, dropped: 10, encodeMs: 12 };
const SCARCE: Second = { encoded: 28, dropped: 2, encodeMs: 34 };
const IDLE: Second = { encoded: 0, dropped: 0 };

const times = (count: number, second: Second) => Array<Second>(count).fill(second);

/** In which seconds it was told. */
function toldAt(seconds: readonly Second[]): number[] {
  const slow = new SlowEncoder();
  const counts = { framesEncoded: 0, framesDroppedEncoderBusy: 0 };
  slow.update({ ...counts, rungs: [] }, 0);
  return seconds.flatMap(({ encoded, dropped, encodeMs }, i) => {
    counts.framesEncoded += encoded;
    counts.framesDroppedEncoderBusy += dropped;
    const rungs = encoded + dropped === 0 ? [] : [{ fps: 30, ...(encodeMs === undefined ? {} : { encodeMs }) }];
    return slow.update({ ...counts, rungs }, (i + 1) * 1_000) ? [i + 1] : [];
  });
}

it.each<[string, Second[], number[]]>([
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
  expect(toldAt(seconds)).toEqual(told);
});

it.each([
  ["of two", [9, 80], 40, 5],
  ["of three that is too slow for less than a tenth of all pictures", [5, 45, 5], 82, 4],
  ["of those that give no picture any more", [9, 80, undefined], 30, 30],
])("names the slowest rung %s", (_, encodeMs, encoded, dropped) => {
  const slow = new SlowEncoder();
  const rungs = encodeMs.map((ms, id) => ({ id, fps: 30, ...(ms === undefined ? {} : { encodeMs: ms }) }));
  const told = Array.from({ length: 8 }, (_, i) =>
    slow.update({ framesEncoded: encoded * i, framesDroppedEncoderBusy: dropped * i, rungs }, i * 1_000),
  );
  expect(told.flatMap((rung, i) => (rung ? [[rung.id, i]] : []))).toEqual([
    [encodeMs.length === 3 && encodeMs[2] === undefined ? 2 : 1, 6],
  ]);
});
