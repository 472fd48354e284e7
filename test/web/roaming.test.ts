import { describe, expect, test } from "vitest";
import { RESTARTED, Script, SENDER } from "./script.ts";

/** Live, with packets for so long that the usual pause between them is known. */
const live = () => new Script().start().pass(100).welcome().answered(0).firstFrame(0).watch(10_000, 0, 15).forget();
const polls = (s: Script, times: number) => {
  for (let i = 0; i < times; i++) {
    s.pass(100);
    const { framesReceived = 0, packetsReceived = 0 } = s.model.current ?? {};
    s.event({ type: "polled", connection: s.model.current?.number ?? 0, framesReceived, packetsReceived });
  }
  return s;
};
const network = (s: Script) => s.event({ type: "network" });
const renew = (s: Script, connection: number) => s.event({ type: "message", message: { type: "renew", connection } });

describe("nothing comes any more", () => {
  test("the socket is asked first, then a fresh connection is made, and no word said before three seconds", () => {
    const s = polls(live(), 7);
    expect(s.log).toEqual([]);
    expect(polls(s, 1).log).toEqual(["probe-socket"]);
    expect(polls(s, 7).log).toEqual(["probe-socket", "open-peer 1"]);
    expect(s.state).toBe("live");
    expect(polls(s, 15).state).toBe("reconnecting");
    expect(s.log).toEqual(["probe-socket", "open-peer 1"]);
  });

  test("it comes again before the fresh connection has a picture: that one is given up", () => {
    const s = polls(live(), 16).answered(1).forget().watch(500, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["send bye 1", "close-peer 1"]]);
  });

  test("while the owner pauses, nothing is amiss", () => {
    expect(polls(live().paused(true), 60).log).toEqual([]);
  });

  test("a paused camera takes back what was begun in silence", () => {
    const s = polls(live(), 16).paused(true);
    expect([s.state, s.model.current?.fault]).toEqual(["paused", undefined]);
  });

  test("the socket turns out dead: the offer waits for the next one, which is opened at once and not waited for long", () => {
    const s = polls(live(), 16).forget().socketClosed();
    expect(s.log).toEqual(["close-peer 1"]);
    expect(s.forget().pass(500).log).toEqual(["open-socket"]);
    s.forget().pass(1_200);
    expect(s.log).toEqual([]);
    expect(s.pass(700).log).toEqual(["close-socket", "open-socket"]);
    expect(s.forget().welcome().log).toEqual(["open-peer 2"]);
  });
});

describe("the network changes", () => {
  test("the socket is asked at once, and silence is not borne as long", () => {
    const s = network(live());
    expect(s.log).toEqual(["probe-socket"]);
    expect(polls(s, 10).log).toEqual(["probe-socket", "probe-socket", "open-peer 1"]);
  });

  test("packets still come: nothing is done", () => {
    expect(network(live()).forget().watch(10_000, 0, 15).log).toEqual([]);
  });

  test("a closed socket is opened at once, however often that failed; one change told twice opens one", () => {
    const s = live().socketClosed();
    for (let i = 0; i < 9; i++) s.pass(9_000).socketClosed();
    s.forget();
    expect(network(network(s)).log).toEqual(["open-socket"]);
    expect(s.pass(1_500).log).toEqual(["open-socket", "close-socket"]);
    expect(s.pass(500).log).toEqual(["open-socket", "close-socket", "open-socket"]);
  });

  test("a socket that was opening on the old network is opened anew", () => {
    expect(network(live().socketClosed().pass(800).forget()).log).toEqual(["close-socket", "open-socket"]);
  });

  test("a connection in the making began on the old network", () => {
    const s = network(polls(live(), 16).answered(1).forget());
    expect(s.log).toEqual(["send bye 1", "close-peer 1", "probe-socket", "open-peer 2"]);
  });
});

describe("the network is away, and another or back", () => {
  const away = () => network(polls(live(), 16).socketClosed());

  test("the old path comes again first: it is replaced all the same, once", () => {
    const s = away().forget().welcome();
    expect(s.log).toEqual(["open-peer 2"]);
    s.watch(500, 0, 15).answered(2).watch(500, 0, 15);
    expect([s.state, s.log.slice(1)]).toEqual(["live", ["accept-answer 2"]]);
    s.firstFrame(2).watch(30_000, 2, 15);
    expect(s.log.slice(2)).toEqual(["show-peer 2", "send bye 0", "close-peer 0"]);
  });

  test("it comes again before the edge does: the same", () => {
    const s = away().watch(500, 0, 15).forget().welcome();
    expect([s.state, s.log]).toEqual(["live", ["send resume 0", "open-peer 2"]]);
  });

  test("the fresh connection comes to nothing: the old one is taken as it is", () => {
    const s = away().watch(500, 0, 15).welcome().forget().bye(2).watch(30_000, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["send bye 2", "close-peer 2"]]);
  });

  test("another network, and silence after it: the same as before it", () => {
    const s = polls(network(live()), 10).answered(1).forget().watch(1_000, 0, 15);
    expect([s.state, s.log]).toEqual(["live", []]);
    expect(s.firstFrame(1).log).toEqual(["show-peer 1", "send bye 0", "close-peer 0"]);
  });
});

describe("the sender says so", () => {
  test("it doubts the path: a fresh connection beside the old one, whose frames do not end it", () => {
    const s = renew(live(), 0);
    expect([s.state, s.log]).toEqual(["live", ["open-peer 1"]]);
    s.watch(1_000, 0, 15).answered(1).firstFrame(1);
    expect(s.log.slice(1)).toEqual(["accept-answer 1", "show-peer 1", "send bye 0", "close-peer 0"]);
  });

  test("it doubts the path when the servers' credentials are old: replaced with fresh ones, though frames come meanwhile", () => {
    const s = new Script().start().welcome(SENDER, { iceTtlMs: 3_600_000 }).answered(0).firstFrame(0);
    s.pass(50 * 60_000)
      .watch(1_000, 0, 15)
      .forget();
    expect(renew(s, 0).log).toEqual(["ask-ice"]);
    s.watch(500, 0, 15).granted(3_600_000);
    expect([s.state, s.log]).toEqual(["live", ["ask-ice", "open-peer 1"]]);
    s.answered(1).watch(1_000, 0, 15).firstFrame(1);
    expect(s.log.slice(2)).toEqual(["accept-answer 1", "show-peer 1", "send bye 0", "close-peer 0"]);
  });

  test("it doubts what is being replaced already, or is not on show", () => {
    expect(renew(renew(live(), 0), 0).log).toEqual(["open-peer 1"]);
    expect(renew(live(), 7).log).toEqual([]);
  });

  test("its own socket was dead: what it never answered is offered anew", () => {
    const s = polls(live(), 16).forget().online(SENDER);
    expect(s.log).toEqual(["send bye 1", "close-peer 1", "open-peer 2"]);
  });

  test("its socket was gone for a while: what is answered and does not stand is offered anew", () => {
    const s = new Script().start().welcome().answered(0).offline().forget();
    expect(s.online(SENDER).log).toEqual(["close-peer 0", "open-peer 1"]);
  });

  test("it was another process all along: the old one's connection is said good-bye to by nobody", () => {
    const s = polls(live(), 16).forget().online(RESTARTED);
    expect(s.log).toEqual(["close-peer 1", "open-peer 2"]);
  });
});
