import { describe, expect, test } from "vitest";
import { FRESH_ICE, OLD_ICE, Script, SENDER, STUN_ONLY } from "./script.ts";

const HOUR_MS = 3_600_000;
const fresh = { iceServers: FRESH_ICE, iceTtlMs: HOUR_MS };
const servers = (s: Script) => s.done.filter((action) => action.type === "open-peer").map((a) => a.iceServers);

/** Live on a direct path for so long that the welcome's servers are stale, and then nothing comes any more. */
function silent(): Script {
  const s = new Script().start().welcome(SENDER, { iceTtlMs: HOUR_MS }).answered(0).firstFrame(0);
  s.path = "direct";
  s.watch(50 * 60_000, 0, 15).forget();
  for (let i = 0; i < 16; i++) {
    s.pass(100);
    const { framesReceived = 0, packetsReceived = 0 } = s.model.current ?? {};
    s.event({ type: "polled", connection: 0, framesReceived, packetsReceived });
  }
  expect(s.log).toEqual(["probe-socket", "ask-ice"]);
  return s.forget();
}
/** The edge's answer to a question of that time. */
const late = (s: Script, askedAtMs: number) =>
  s.event({ type: "ice", askedAtMs, grant: { servers: OLD_ICE, grantedAtMs: askedAtMs } });

describe("a question for ICE servers that the network lost", () => {
  test("holds up no offer once a welcome brought others, and its late answer changes nothing", () => {
    const s = silent();
    const { askedForIceAtMs: askedAtMs = 0 } = s.model;
    s.socketClosed().pass(500).forget().welcome(SENDER, fresh);
    expect([s.log, servers(s)]).toEqual([["open-peer 1"], [FRESH_ICE]]);
    late(s.forget(), askedAtMs);
    expect([s.log, s.model.ice.servers, s.model.next?.number]).toEqual([[], FRESH_ICE, 1]);
  });

  test.each<[string, (s: Script) => Script]>([
    ["a network that is another or back", (s) => s.event({ type: "network" })],
    ["a person who tries again", (s) => s.event({ type: "retry" })],
    ["a welcome that brings no relay in place of the stale ones", (s) => s.welcome(SENDER, { iceServers: STUN_ONLY })],
  ])("is asked anew by %s", (_, what) => {
    const s = what(silent().pass(300));
    expect(s.log).toContain("ask-ice");
    expect(servers(s.granted(HOUR_MS))).toEqual([FRESH_ICE]);
  });

  test("is not asked twice for one change that several events tell of", () => {
    const s = silent().pass(300).event({ type: "network" }).event({ type: "network" });
    expect(s.log.filter((done) => done === "ask-ice")).toEqual(["ask-ice"]);
  });

  test("for a connection that did not come up is not waited for either: it gets the welcome's relay", () => {
    const s = new Script().start().welcome(SENDER, { iceServers: STUN_ONLY }).answered(0).forget().pass(3_000);
    expect(s.log).toEqual(["ask-ice"]);
    s.pass(500).socketClosed().pass(300).forget().welcome(SENDER, fresh);
    expect([s.log, servers(s)]).toEqual([["send resume 0", "open-peer 1"], [FRESH_ICE]]);
    expect(s.model.spare?.number).toBe(0);
  });
});
