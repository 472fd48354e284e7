import { describe, expect, it } from "vitest";
import { LiveLine } from "../../../src/sender/live-line.ts";
import { liveText } from "../../../src/sender/stats/live-text.ts";
import { CAMERA, RUNG, VIEWER } from "./examples.ts";

describe("the live line's text", () => {
  const two = {
    cameras: [CAMERA],
    viewers: [VIEWER, { ...VIEWER, index: 2, sentBps: 600_000, rttMs: 81.6, lossFraction: 0.0234 }],
  };

  it("has the sum of what is sent, and the worst of networks", () => {
    expect(liveText(two, 100)).toBe(
      "Live      2 viewers  1280x720 30 fps  2.6 Mbps sent  RTT 82 ms  loss 2.3 %  encode 2.4 ms",
    );
  });

  it("says nothing of round trips and losses while none was measured, and of whose that is known", () => {
    const { rttMs: _rttMs, lossFraction: _lossFraction, ...unmeasured } = VIEWER;
    expect(liveText({ cameras: [CAMERA], viewers: [unmeasured] }, 100)).not.toMatch(/RTT|loss/);
    expect(liveText({ cameras: [CAMERA], viewers: [unmeasured, VIEWER] }, 100)).toContain("RTT 12 ms  loss 0.1 %");
  });

  it.each([
    [90, "encode 2.4 ms"],
    [88, "loss 2.3 %"],
    [60, "2.6 Mbps sent"],
    [40, "1280x720 30 fps"],
    [20, "2 viewers"],
    [6, "Live"],
    [0, ""],
  ])("in %d columns ends with what fits whole: %s", (room, end) => {
    const text = liveText(two, room);
    expect(text.trimEnd()).toMatch(new RegExp(`${end}$`));
    expect(text.length).toBeLessThanOrEqual(room);
  });

  it("says how many rungs there are beside the best, and the slowest encoder", () => {
    const rungs = [RUNG, { ...RUNG, id: 5, width: 640, height: 360, encodeMs: 9.04 }];
    const text = liveText({ cameras: [{ ...CAMERA, rungs }], viewers: [VIEWER] }, 100);
    expect(text).toMatch(/^Live {6}1 viewer {2}1280x720 30 fps \+1 {2}.* {2}encode 9\.0 ms$/);
  });

  it("says when nobody watches, and when nothing is encoded for those who do", () => {
    expect(liveText({ cameras: [CAMERA], viewers: [] }, 80)).toBe("Live      nobody watches");
    expect(liveText({ cameras: [{ ...CAMERA, rungs: [] }], viewers: [VIEWER] }, 80)).toContain("1 viewer  paused  ");
  });
});

describe("the live line", () => {
  const CLEAR = "\r\x1b[K";
  const open = (columns: number) => {
    const terminal = {
      columns,
      isBusy: false,
      text: "",
      write: (text: string) => {
        terminal.text += text;
      },
    };
    return { terminal, line: new LiveLine(terminal) };
  };

  it("is rewritten in place, and never so long that it would break", () => {
    const { terminal, line } = open(10);
    line.show("0123456789");
    line.show("abc");
    expect(terminal.text).toBe(`${CLEAR}0123456${CLEAR}abc`);
    terminal.columns = 5;
    line.above(() => terminal.write("other\n"));
    expect(terminal.text).toBe(`${CLEAR}0123456${CLEAR}abc${CLEAR}other\nab`);
  });

  it("has the usual room where a terminal does not say how much there is", () => {
    expect([open(0).line.room, open(2).line.room]).toEqual([77, 0]);
  });

  it("is left as it is while the terminal has not taken what came before, and where there is no room for it", () => {
    const { terminal, line } = open(80);
    line.show("live");
    terminal.isBusy = true;
    line.show("later");
    terminal.isBusy = false;
    line.above(() => terminal.write("one\n"));
    expect(terminal.text).toBe(`${CLEAR}live${CLEAR}one\nlive`);
    const narrow = open(2);
    narrow.line.show("live");
    expect(narrow.terminal.text).toBe("");
  });

  it("writes nothing of its own before it is shown, nor after it is cleared", () => {
    const { terminal, line } = open(80);
    line.clear();
    line.above(() => terminal.write("one\n"));
    line.show("live");
    line.clear();
    line.above(() => terminal.write("two\n"));
    expect(terminal.text).toBe(`one\n${CLEAR}live${CLEAR}two\n`);
  });
});
