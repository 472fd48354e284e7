import { describe, expect, test } from "vitest";
import { grant, isStale, nextRenewalAtMs, renewalAtMs } from "../../src/web/client/renewal.ts";
import { FRESH_ICE, OLD_ICE, RESTARTED, Script, SENDER, STUN_ONLY } from "./script.ts";

const HOUR_MS = 3_600_000;

/** Live over connection 0 with credentials that live an hour. */
function relayed(path: "direct" | "relay" = "relay"): Script {
  const s = new Script().start().welcome(SENDER, { iceTtlMs: HOUR_MS }).answered(0).firstFrame(0);
  s.path = path;
  return s.watch(500, 0, 15).forget();
}

/** Which servers a connection was given. */
const serversOf = (s: Script) => s.done.find((action) => action.type === "open-peer")?.iceServers;

describe("times", () => {
  test.each([
    [0, 0.5],
    [0.5, 0.65],
    [1, 0.8],
  ])("with random %d a renewal is due at %d of what remains", (random, share) => {
    expect(renewalAtMs(101_000, 1_000, random)).toBe(1_000 + share * 100_000);
  });

  test("credentials that live no time at all do not make a loop", () => {
    expect(renewalAtMs(5_000, 5_000, 0)).toBe(7_000);
    expect(renewalAtMs(0, 5_000, 0)).toBe(7_000);
  });

  test("failed renewals are spread over what remains, and never stop", () => {
    expect(nextRenewalAtMs(HOUR_MS, 0, 0, 0)).toBe(HOUR_MS / 10);
    expect(nextRenewalAtMs(HOUR_MS, 5, HOUR_MS - 10_000, 0)).toBe(HOUR_MS - 10_000 + 4_000);
    expect(nextRenewalAtMs(0, 5, HOUR_MS, 0)).toBe(HOUR_MS + 4_000);
  });

  test("servers are stale in the last fifth of their life; without an expiry never", () => {
    const granted = grant([], 100, 1_000);
    expect([isStale(granted, 1_080), isStale(granted, 1_081)]).toEqual([false, true]);
    expect(isStale(grant([], undefined, 0), Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe("a TURN server that refuses credentials before their time, as one whose clock was set does", () => {
  const refused = (s: Script, connection: number) => s.event({ type: "relay", connection, outcome: "refused" });
  /** A fresh connection on credentials that were granted a minute ago. */
  const made = () => relayed().watch(60_000, 0, 15).transport(0, "gone").answered(1).forget();

  test("the edge is asked for others, once no path was found without", () => {
    const s = refused(made(), 1).pass(2_999);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["ask-ice"]);
    s.forget().granted(HOUR_MS);
    expect([s.log, serversOf(s)]).toEqual([["send bye 1", "close-peer 1", "open-peer 2"], FRESH_ICE]);
    refused(s.answered(2).forget(), 2).pass(10_000);
    expect(s.log).toEqual([]);
  });

  test("the same where the sender's end of the relay expires first", () => {
    const s = relayed()
      .watch(60_000, 0, 15)
      .transport(0, "gone")
      .answered(1, HOUR_MS / 10)
      .forget();
    expect(refused(s, 1).pass(3_000).log).toEqual(["ask-ice"]);
  });

  test("nothing is asked where a direct path was found", () => {
    expect(refused(made(), 1).transport(1, "connected").pass(10_000).log).toEqual([]);
  });

  test("nor where another server relays", () => {
    const s = made().event({ type: "relay", connection: 1, outcome: "gathered" });
    expect(refused(s, 1).pass(10_000).log).toEqual([]);
  });

  test("the next connection begins with others", () => {
    const s = refused(made(), 1).transport(1, "connected").firstFrame(1).watch(500, 1, 15).forget();
    expect(s.transport(1, "gone").log).toEqual(["ask-ice"]);
  });
});

describe("a relayed connection", () => {
  test("is replaced before its credentials expire, the old one on show until the new one's first frame", () => {
    const s = relayed().watch(HOUR_MS / 2 - 1_000, 0, 15);
    expect(s.log).toEqual([]);
    s.watch(1_500, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["ask-ice"]]);
    s.forget().granted(HOUR_MS);
    expect([s.log, serversOf(s)]).toEqual([["open-peer 1"], FRESH_ICE]);
    s.answered(1).forget().watch(3_000, 0, 15);
    expect([s.state, s.log]).toEqual(["live", []]);
    s.firstFrame(1);
    expect([s.state, s.log]).toEqual(["live", ["show-peer 1", "send bye 0", "close-peer 0"]]);
  });

  test.each([
    ["whose own credentials live longer", HOUR_MS],
    ["whose own credentials do not expire", undefined],
  ])("%s is replaced before the sender's end of the relay expires", (_what, iceTtlMs) => {
    const s = new Script()
      .start()
      .welcome(SENDER, { iceTtlMs })
      .answered(0, HOUR_MS / 10)
      .firstFrame(0);
    s.path = "relay";
    s.forget().watch(HOUR_MS / 20 - 1_000, 0, 15);
    expect(s.log).toEqual([]);
    expect(s.watch(2_000, 0, 15).log).toEqual(["ask-ice"]);
  });

  test("for many hours, once in each life", () => {
    const s = relayed();
    let renewals = 0;
    for (let connection = 0; s.nowMs < 24 * HOUR_MS; renewals++, connection++) {
      s.forget().watch(HOUR_MS * 0.51, connection, 15);
      expect(s.log).toEqual(["ask-ice"]);
      s.granted(HOUR_MS)
        .answered(connection + 1)
        .firstFrame(connection + 1);
      expect(s.state).toBe("live");
    }
    expect(renewals).toBe(48);
  });

  test("a renewal without a picture leaves the old one alone, and is tried again before the expiry", () => {
    const s = relayed()
      .watch(HOUR_MS / 2 + 500, 0, 15)
      .granted(HOUR_MS)
      .answered(1)
      .forget()
      .watch(15_000, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["send bye 1", "close-peer 1"]]);
    s.forget().watch(HOUR_MS / 10, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["ask-ice"]]);
    expect(s.forget().granted(HOUR_MS).log).toEqual(["open-peer 2"]);
    expect(s.nowMs).toBeLessThan(HOUR_MS);
  });

  test("no servers to be had: asked again ever sooner, then at the longest pause, and the picture goes on", () => {
    const s = relayed();
    const askedAtMs: number[] = [];
    while (s.nowMs < HOUR_MS + 60_000) {
      s.forget().watch(500, 0, 15);
      expect(s.state).toBe("live");
      if (s.log.length === 0) continue;
      askedAtMs.push(s.nowMs);
      s.notGranted();
    }
    const gapsMs = askedAtMs.slice(1).map((atMs, i) => atMs - (askedAtMs[i] ?? 0));
    expect(askedAtMs.length).toBeGreaterThan(20);
    expect(gapsMs[0]).toBeGreaterThan(120_000);
    expect(Math.min(...gapsMs)).toBe(4_000);
    expect(gapsMs.at(-1)).toBe(4_000);
  });

  test("servers without a relay, from an edge whose service fails, replace none that still work", () => {
    const s = relayed()
      .watch(HOUR_MS / 2 + 500, 0, 15)
      .forget()
      .granted(undefined, STUN_ONLY);
    expect([s.state, s.log]).toEqual(["live", []]);
    expect(s.forget().watch(HOUR_MS / 10, 0, 15).log).toEqual(["ask-ice"]);
    s.forget().granted(undefined, STUN_ONLY).transport(0, "gone");
    expect([s.log, serversOf(s)]).toEqual([["open-peer 1"], OLD_ICE]);
  });

  test("a dip of the old one that heals does not cancel its renewal", () => {
    const s = relayed()
      .watch(HOUR_MS / 2 + 500, 0, 15)
      .granted(HOUR_MS)
      .answered(1);
    s.transport(0, "disconnected").pass(2_500).forget().transport(0, "connected");
    expect([s.state, s.log]).toEqual(["live", []]);
    expect(s.firstFrame(1).log).toContain("show-peer 1");
  });

  test("the old one dies during the renewal: the new one takes its place as soon as it can", () => {
    const s = relayed()
      .watch(HOUR_MS / 2 + 500, 0, 15)
      .granted(HOUR_MS)
      .answered(1)
      .transport(0, "gone");
    expect(s.state).toBe("reconnecting");
    expect(s.firstFrame(1).state).toBe("live");
  });

  test("the socket is away when it is due: on the next one, with the servers of its welcome", () => {
    const s = relayed().watch(HOUR_MS / 2 - 2_000, 0, 15);
    for (s.socketClosed(); s.nowMs < HOUR_MS * 0.51; s.socketClosed()) s.watch(9_000, 0, 15);
    expect(s.log).not.toContain("ask-ice");
    s.pass(9_000).forget().welcome(SENDER, { iceTtlMs: HOUR_MS });
    expect([s.state, s.log]).toEqual(["live", ["send resume 0", "open-peer 1"]]);
  });

  test("while paused, the fresh one takes over once it stands", () => {
    const s = relayed()
      .paused(true)
      .watch(HOUR_MS / 2 + 500, 0, 0);
    expect(s.log).toEqual(["ask-ice"]);
    s.granted(HOUR_MS).answered(1).forget().transport(1, "connected");
    expect([s.state, s.log]).toEqual(["paused", ["show-peer 1", "send bye 0", "close-peer 0"]]);
  });

  test("that goes straight from then on is left alone", () => {
    const s = relayed();
    s.path = "direct";
    expect(s.watch(HOUR_MS, 0, 15).log).toEqual([]);
  });
});

describe("a direct connection", () => {
  test("is never renewed", () => {
    const s = relayed("direct").watch(2 * HOUR_MS, 0, 15);
    expect([s.state, s.log]).toEqual(["live", []]);
  });

  test("that fails while the servers are good: a fresh one at once", () => {
    const s = relayed("direct")
      .watch(HOUR_MS / 2, 0, 15)
      .transport(0, "gone");
    expect([s.log, serversOf(s)]).toEqual([["open-peer 1"], OLD_ICE]);
  });

  test("that fails after they expired: fresh servers first", () => {
    const s = relayed("direct")
      .watch(2 * HOUR_MS, 0, 15)
      .transport(0, "gone");
    expect([s.state, s.log]).toEqual(["reconnecting", ["ask-ice"]]);
    s.forget().granted(HOUR_MS);
    expect([s.log, serversOf(s)]).toEqual([["open-peer 1"], FRESH_ICE]);
  });

  test("and there are none: what there is may still do, and they are asked for with each try", () => {
    const s = relayed("direct")
      .watch(2 * HOUR_MS, 0, 15)
      .transport(0, "gone")
      .forget()
      .notGranted();
    expect([s.log, serversOf(s)]).toEqual([["open-peer 1"], OLD_ICE]);
    s.transport(1, "gone").forget().pass(250);
    expect(s.log).toEqual(["ask-ice"]);
  });

  test("and the sender is another one by the time they come: it is offered to", () => {
    const s = relayed("direct")
      .watch(2 * HOUR_MS, 0, 15)
      .transport(0, "gone")
      .online(RESTARTED)
      .forget();
    expect(s.granted(HOUR_MS).model.next?.sender).toBe(RESTARTED);
  });
});

describe("relays on demand", () => {
  const answered = () => new Script().start().welcome(SENDER, { iceServers: STUN_ONLY }).answered(0).forget();

  test("a connection without one that is not up 3 s after its answer: asked for, and made anew with it", () => {
    const s = answered().pass(2_999);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["ask-ice"]);
    s.forget().granted(HOUR_MS);
    expect([s.log, serversOf(s)]).toEqual([["send bye 0", "close-peer 0", "open-peer 1"], FRESH_ICE]);
    s.answered(1).forget().pass(14_999);
    expect(s.log).toEqual([]);
  });

  test.each<[string, (s: Script) => Script]>([
    ["the edge has none either", (s) => s.granted(undefined, STUN_ONLY)],
    ["the edge does not answer", (s) => s.notGranted()],
    ["it came up meanwhile", (s) => s.transport(0, "connected").granted(HOUR_MS)],
    ["the socket is away", (s) => s.socketClosed().granted(HOUR_MS)],
    ["the sender is away", (s) => s.offline().granted(HOUR_MS)],
  ])("%s: it goes on as it is, to its own deadline", (_, what) => {
    const s = what(answered().pass(3_000)).pass(200).forget();
    expect(s.model.next?.number).toBe(0);
    s.pass(11_799);
    expect(s.log).not.toContain("close-peer 0");
    expect(s.pass(1).log).toContain("close-peer 0");
  });

  test("a connection that is up needs none", () => {
    expect(answered().pass(1_000).transport(0, "connected").pass(10_000).log).toEqual([]);
  });

  test("a renewal asks for one even when a welcome without came since", () => {
    const s = relayed();
    for (s.socketClosed(); s.nowMs < HOUR_MS * 0.51; s.socketClosed()) s.watch(9_000, 0, 15);
    s.pass(9_000).forget().welcome(SENDER, { iceServers: STUN_ONLY });
    expect(s.log).toEqual(["send resume 0", "ask-ice"]);
  });
});

test("an edge whose credentials live no time at all is asked once for each connection", () => {
  const s = new Script().start().welcome(SENDER, { iceTtlMs: 0 }).forget().pass(8_000).forget().pass(250);
  expect(s.log).toEqual(["ask-ice"]);
  s.pass(100);
  expect(s.forget().granted(0).pass(7_000).log).toEqual(["open-peer 1"]);
});
