import { expect, test } from "vitest";
import { stateOf } from "../../src/web/client/state.ts";
import { Script } from "./script.ts";

const said = (s: Script) => stateOf(s.model).message;
const start = () => new Script().start().welcome();
const next = (s: Script) => s.model.next?.number ?? Number.NaN;
const answered = (s: Script) => s.answered(next(s));
const connected = (s: Script) => answered(s).transport(next(s), "connected");

/** Each of these is one connection that comes to nothing, up to the next one. */
const fails: Record<string, (s: Script) => Script> = {
  "is not answered": (s) => s.pass(8_000),
  "finds no path": (s) => answered(s).transport(next(s), "gone"),
  "stands and brings nothing": (s) => connected(s).watch(15_000, next(s), 0, 5),
  "brings what is not decoded": (s) => connected(s).watch(15_000, next(s), 10),
  "is refused by the browser": (s) => answered(s).event({ type: "peer-failed", connection: next(s) }),
  "breaks once it stands": (s) => connected(s).transport(next(s), "gone"),
  "is cut off once it stands": (s) => connected(s).transport(next(s), "disconnected").pass(15_000),
};
const failsTwice = (s: Script, how: string) => {
  for (let time = 0; time < 2; time++) {
    s.pass(1_000);
    fails[how]?.(s);
  }
  expect(s.model.offerFailures).toBe(2);
  return s;
};

test.each([
  ["is not answered", /does not answer/],
  ["finds no path", /no path to it works/],
  ["stands and brings nothing", /sends no picture: the camera itself may be off/],
  ["brings what is not decoded", /this browser makes no picture of it/],
  ["is refused by the browser", /connecting to it fails/],
  ["breaks once it stands", /connecting to it fails/],
  ["is cut off once it stands", /connecting to it fails/],
])("a connection that %s, twice: the words are about that", (how, words) => {
  const s = failsTwice(start(), how);
  expect(s.state).toBe("connecting");
  expect(said(s)).toMatch(words);
});

test("the words stay while another is tried, and are those of the last failure", () => {
  const s = failsTwice(start(), "is not answered");
  connected(s.pass(2_000));
  expect(said(s)).toMatch(/does not answer/);
  s.watch(15_000, next(s), 0, 5);
  expect(said(s)).toMatch(/sends no picture/);
});

test("who watched is told the same of a camera that stopped, and nothing any more once there is a picture", () => {
  const s = failsTwice(
    start().answered(0).firstFrame(0).watch(1_000, 0, 15).watch(6_000, 0, 0, 5),
    "stands and brings nothing",
  );
  expect([s.state, said(s)]).toEqual(["reconnecting", expect.stringMatching(/sends no picture/)]);
  expect(connected(s.pass(2_000)).firstFrame(next(s)).state).toBe("live");
  expect(said(s)).toBe("The picture is live.");
});

test("of two that were tried for one picture, the one that got further is told of", () => {
  const s = new Script().startAhead().posted().welcome().pass(1_000);
  expect([s.model.spare?.number, next(s)]).toEqual([0, 1]);
  s.transport(0, "connected").answered(1).watch(15_000, 0, 0, 5);
  expect(s.model.lastFailure).toBe("pictureless");
});
