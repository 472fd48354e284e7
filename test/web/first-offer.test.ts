import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../src/protocol/errors.ts";
import { stateOf } from "../../src/web/client/state.ts";
import { OLD_ICE, RESTARTED, Script, SENDER, STUN_ONLY } from "./script.ts";

/** The edge hands out STUN alone, as it does with the policy `on-demand`. */
const welcomeStun = (s: Script, sender: string | null = SENDER) => s.welcome(sender, { iceServers: STUN_ONLY });

/** A STUN server told the page its address. */
const mapped = (s: Script, connection = 0) => s.event({ type: "mapped", connection });

describe("an offer that left by HTTP", () => {
  test("is taken up before the socket is asked for, and not made again by it", () => {
    const s = new Script().startAhead();
    expect([s.state, s.log]).toEqual(["connecting", ["adopt-peer 0", "open-socket"]]);
    expect(s.forget().welcome().pass(1_000).log).toEqual([]);
    expect(s.posted().log).toEqual(["accept-answer 0"]);
    expect(s.forget().firstFrame(0).log).toEqual(["show-peer 0"]);
    expect(s.state).toBe("live");
  });

  test("may show its picture before the socket is there, which then asks whether the sender has it", () => {
    const s = new Script().startAhead().posted().firstFrame(0).forget();
    expect(s.state).toBe("live");
    expect(welcomeStun(s).log).toEqual(["send resume 0"]);
    expect(s.state).toBe("live");
    expect(s.forget().bye(0).log).toEqual(["open-peer 1"]);
  });

  test("asks nothing of the sender while its answer is awaited", () => {
    const s = new Script().startAhead().forget();
    expect(s.welcome().log).toEqual([]);
  });

  test("is not given up because the socket breaks or is refused", () => {
    const s = new Script().startAhead().forget().socketClosed();
    expect(s.pass(250).log).toEqual(["open-socket"]);
    s.forget().error("session-full").socketClosed();
    expect(s.posted().log).toEqual(["accept-answer 0"]);
  });

  test("that nobody answers for 8 s goes by the socket", () => {
    const s = new Script().startAhead().welcome().forget().pass(8_000);
    expect(s.log).toEqual(["send bye 0", "close-peer 0"]);
    expect(s.forget().pass(250).log).toEqual(["open-peer 1"]);
  });

  test("is made anew when another sender is there than the one that had it", () => {
    const s = new Script().startAhead().welcome().posted().forget().online(RESTARTED);
    expect(s.log).toEqual(["close-peer 0", "open-peer 1"]);
  });

  test("is made anew on another network once it is answered, for before that the edge repeats it", () => {
    const s = new Script().startAhead().welcome().forget().event({ type: "network" });
    expect(s.log).toEqual(["probe-socket"]);
    s.posted().forget().event({ type: "network" });
    expect(s.log).toEqual(["send bye 0", "close-peer 0", "probe-socket", "open-peer 1"]);
  });

  test("that is answered twice is taken once", () => {
    const s = new Script().startAhead().welcome().posted().forget();
    expect(s.posted().answer(0).log).toEqual([]);
  });

  test("is closed with the viewer", () => {
    const s = new Script().startAhead().forget().event({ type: "close" });
    expect(s.log).toEqual(["close-socket", "close-peer 0"]);
    expect(s.forget().posted().postRefused("internal").log).toEqual([]);
  });
});

describe("an offer by HTTP that is refused", () => {
  test("because the camera is not here: waiting, and made again when it comes", () => {
    const s = new Script().startAhead().forget().postRefused("sender-absent");
    expect([s.state, s.log]).toEqual(["connecting", ["close-peer 0"]]);
    s.forget().welcome(null);
    expect([s.state, s.log]).toEqual(["waiting", []]);
    expect(s.online().log).toEqual(["open-peer 1"]);
  });

  test.each<ErrorCode | undefined>([undefined, "not-found", "method-not-allowed"])(
    "by an edge that does not know it, or not at all (%s): by the socket, at once and without a word",
    (code) => {
      const s = new Script().startAhead().postRefused(code).forget();
      expect(stateOf(s.model).code).toBeUndefined();
      expect(s.welcome().log).toEqual(["open-peer 1"]);
    },
  );

  test.each<ErrorCode>(["sender-failed", "bad-request"])(
    "because the sender could not answer (%s): by the socket, after a pause",
    (code) => {
      const s = new Script().startAhead().welcome().postRefused(code).forget();
      expect(s.pass(249).log).toEqual([]);
      expect(s.pass(1).log).toEqual(["open-peer 1"]);
    },
  );

  test.each<[ErrorCode, string]>([
    ["unauthorized", "failed"],
    ["proof-refused", "failed"],
    ["origin-refused", "failed"],
    ["kicked", "ended"],
    ["session-ended", "ended"],
  ])("with %s: %s, and nothing tried again", (code, state) => {
    const s = new Script().startAhead().postRefused(code);
    expect(stateOf(s.model)).toMatchObject({ name: state, code });
    expect(s.forget().pass(60_000).log).toEqual([]);
  });

  test.each<ErrorCode>(["session-full", "rate-limited", "session-not-found"])(
    "with %s: waiting in words, and the socket finds out the rest",
    (code) => {
      const s = new Script().startAhead().postRefused(code);
      expect(stateOf(s.model)).toMatchObject({ name: "waiting", code });
      expect(s.forget().welcome().log).toEqual(["open-peer 1"]);
    },
  );

  test("too late, for it was answered, changes nothing", () => {
    const s = new Script().startAhead().posted().forget();
    expect(s.postRefused("internal").log).toEqual([]);
    expect(s.firstFrame(0).state).toBe("live");
  });
});

describe("an offer by HTTP knows STUN alone", () => {
  test("a direct path that comes up is left in peace, TURN or no TURN", () => {
    const s = new Script().startAhead().posted(0, OLD_ICE, 60_000).welcome();
    s.transport(0, "connected").forget().pass(10_000);
    expect(s.log).toEqual([]);
  });

  test("without a path after 1 s, one with TURN is made beside it", () => {
    const s = mapped(new Script().startAhead()).posted(0, OLD_ICE).welcome().forget().pass(999);
    expect(s.log).toEqual([]);
    s.pass(1);
    expect(s.done).toEqual([{ type: "open-peer", connection: 1, iceServers: OLD_ICE }]);
  });

  test("TURN that comes with the welcome does as well, and is waited for", () => {
    const s = new Script().startAhead().posted().pass(2_000).forget();
    expect(s.welcome().done).toContainEqual({ type: "open-peer", connection: 1, iceServers: OLD_ICE });
  });

  test("the same after 0.4 s where no STUN server told the page its address", () => {
    const s = new Script().startAhead().posted(0, OLD_ICE).welcome().forget().pass(399);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["open-peer 1"]);
  });

  const beside = () => mapped(new Script().startAhead()).posted(0, OLD_ICE).welcome().pass(1_000).answered(1).forget();

  test("the one with TURN wins: the other is given up", () => {
    expect(beside().firstFrame(1).log).toEqual(["show-peer 1", "send bye 0", "close-peer 0"]);
  });

  test("the direct one wins after all: the one with TURN is given up", () => {
    const s = beside().transport(0, "connected").firstFrame(0);
    expect(s.log).toEqual(["show-peer 0", "send bye 1", "close-peer 1"]);
    expect(s.state).toBe("live");
    expect(s.forget().pass(30_000).log).toEqual([]);
  });

  test("the direct one fails: only that is given up", () => {
    const s = beside().transport(0, "gone");
    expect(s.log).toEqual(["send bye 0", "close-peer 0"]);
    expect(s.forget().firstFrame(1).log).toEqual(["show-peer 1"]);
  });

  test("TURN refuses old credentials, and others come: a third is made, and the first is not forgotten open", () => {
    const s = mapped(new Script().startAhead()).welcome().pass(7_900).posted().pass(1_000);
    s.pass(1_500).answered(1).event({ type: "relay", connection: 1, outcome: "refused" }).pass(1_000).forget();
    expect(s.welcome().log).toEqual(["send resume 1", "send resume 0", "send bye 0", "close-peer 0", "open-peer 2"]);
    expect(s.answered(2).forget().firstFrame(2).log).toEqual(["show-peer 2", "send bye 1", "close-peer 1"]);
  });

  test("both fail: both are given up, and a fresh one is made", () => {
    const s = beside().pass(15_000);
    expect(s.log).toEqual(["send bye 0", "close-peer 0", "send bye 1", "close-peer 1"]);
    expect(s.forget().pass(250).log).toEqual(["open-peer 2"]);
  });

  const unanswered = () => mapped(new Script().startAhead()).posted(0, OLD_ICE).welcome().pass(1_000).forget();

  test.each<[string, (s: Script) => Script]>([
    ["its sender is away for a moment", (s) => s.offline()],
    ["its sender cannot do with it", (s) => s.error("sender-failed")],
    ["it is not answered", (s) => s.pass(8_000)],
    ["the sender gives it up", (s) => s.bye(1)],
    ["the socket is lost", (s) => s.socketClosed()],
  ])("%s: only the one with TURN is given up, and the direct one may still bring the picture", (_, what) => {
    const s = what(unanswered());
    expect(s.log.filter((done) => done.startsWith("close-peer"))).toEqual(["close-peer 1"]);
    expect(s.transport(0, "connected").forget().firstFrame(0).log).toEqual(["show-peer 0"]);
  });

  test("the one with TURN fails again and again: others take its place after growing pauses, the direct one stays", () => {
    const s = unanswered().error("sender-failed").forget().pass(249);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["open-peer 2"]);
    s.error("sender-failed").forget().pass(499);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["open-peer 3"]);
    expect(s.answered(3).forget().firstFrame(3).log).toEqual(["show-peer 3", "send bye 0", "close-peer 0"]);
  });

  test("the direct one does not outlive its own time for that", () => {
    const s = unanswered().pass(8_000).forget().pass(250);
    expect(s.log).toEqual(["open-peer 2"]);
    s.forget().pass(8_000);
    expect(s.log).toEqual(["send bye 0", "close-peer 0", "send bye 2", "close-peer 2"]);
  });

  test("the sender comes back: of two that were answered the one that stands is kept", () => {
    const s = beside().transport(0, "connected").offline().forget().online();
    expect(s.log).toEqual(["close-peer 1", "send resume 0"]);
    expect(s.forget().firstFrame(0).log).toEqual(["show-peer 0"]);
  });

  test("the sender gives up the viewer: both are given up", () => {
    expect(unanswered().bye().log).toEqual(["send bye 0", "close-peer 0", "send bye 1", "close-peer 1"]);
  });

  test("where the edge has TURN on demand alone, it is asked after 3 s", () => {
    const s = welcomeStun(new Script().startAhead().posted()).forget().pass(2_999);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["ask-ice"]);
  });

  test("candidates of both find their connection", () => {
    const s = beside();
    for (const connection of [0, 1]) {
      s.event({ type: "message", message: { type: "candidate", connection, candidate: null } });
    }
    expect(s.log).toEqual(["add-candidate 0", "add-candidate 1"]);
  });
});
