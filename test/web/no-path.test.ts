import { expect, test } from "vitest";
import { stateOf } from "../../src/web/client/state.ts";
import { RESTARTED, Script, SENDER, STUN_ONLY } from "./script.ts";

const said = (s: Script) => stateOf(s.model);
const withoutRelay = () => new Script().startAhead().welcome(SENDER, { iceServers: STUN_ONLY }).posted().forget();
const withRelay = () => new Script().start().welcome().answer(0).event({ type: "answered", connection: 0 }).forget();

test("five seconds after the answer a person is told that no path works, and that there is no relay", () => {
  const s = withoutRelay().pass(4_999);
  expect(said(s)).toMatchObject({ name: "connecting", message: "On the way to the camera." });
  expect(said(s.pass(1))).toMatchObject({ name: "connecting", code: "no-path", message: /no relay/ });
});

test.each([
  [undefined, /does not answer/],
  ["refused", /refuses the credentials/],
  ["gathered", /lets nothing through/],
] as const)("with a relay that was %s, the reason says so", (outcome, words) => {
  const s = withRelay();
  if (outcome) s.event({ type: "relay", connection: 0, outcome });
  expect(said(s.pass(5_000))).toMatchObject({ code: "no-path", message: words });
});

test("a refusal that comes late changes the reason", () => {
  const s = withRelay().pass(5_000).event({ type: "relay", connection: 0, outcome: "refused" });
  expect(said(s).message).toMatch(/refuses/);
});

test("the reason stays while another connection is tried, and goes with the first that stands", () => {
  const s = withRelay().pass(5_000).transport(0, "gone");
  expect(said(s).code).toBe("no-path");
  s.pass(250).answer(1).event({ type: "answered", connection: 1 });
  expect(said(s).code).toBe("no-path");
  expect(said(s.transport(1, "connected")).code).toBeUndefined();
  expect(said(s.pass(6_000)).code).toBeUndefined();
});

test.each([
  ["another camera", (s: Script) => s.online(RESTARTED)],
  ["a camera that was away", (s: Script) => s.offline().online()],
  ["another network", (s: Script) => s.event({ type: "network" })],
])("%s gets five seconds of its own", (_what, change) => {
  const s = change(withRelay().pass(6_000));
  expect(said(s).code).toBeUndefined();
  s.answer(1).event({ type: "answered", connection: 1 });
  expect(said(s.pass(4_999)).code).toBeUndefined();
  expect(said(s.pass(1)).code).toBe("no-path");
});

test("nothing is said where a path was found in time", () => {
  expect(said(withRelay().transport(0, "connected").pass(6_000)).code).toBeUndefined();
});
