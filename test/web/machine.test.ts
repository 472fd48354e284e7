import { describe, expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/protocol/errors.ts";
import { step } from "../../src/web/client/machine.ts";
import { stateOf } from "../../src/web/client/state.ts";
import { RESTARTED, Script, SENDER } from "./script.ts";

describe("to the first picture", () => {
  test("socket, offer, answer, frame", () => {
    const s = new Script().start();
    expect([s.state, s.log]).toEqual(["connecting", ["open-socket"]]);
    s.forget().welcome();
    expect([s.state, s.log]).toEqual(["connecting", ["open-peer 0"]]);
    s.forget().answer(0);
    expect([s.state, s.log]).toEqual(["connecting", ["accept-answer 0"]]);
    s.forget().event({ type: "answered", connection: 0 }).firstFrame(0);
    expect([s.state, s.log]).toEqual(["live", ["show-peer 0"]]);
  });

  test("waits for a camera that is not there, and connects when it comes", () => {
    const s = new Script().start().welcome(null).forget().pass(60_000);
    expect([s.state, s.log]).toEqual(["waiting", []]);
    expect(s.online().log).toEqual(["open-peer 0"]);
  });

  test("an unanswered offer is made again after 8 s, with growing pauses", () => {
    const s = new Script().start().welcome().forget().pass(7_999);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["send bye 0", "close-peer 0"]);
    expect(s.forget().pass(250).log).toEqual(["open-peer 1"]);
    expect(s.forget().pass(8_000 + 499).log).toEqual(["send bye 1", "close-peer 1"]);
    expect(s.forget().pass(1).log).toEqual(["open-peer 2"]);
    expect(stateOf(s.model).message).toContain("does not answer");
  });

  test("an answer without a picture is given up after 15 s", () => {
    const s = new Script().start().welcome().answered(0).forget().pass(14_999);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["send bye 0", "close-peer 0"]);
  });

  test.each([
    ["an answer to another connection", (s: Script) => s.answer(7)],
    ["a second answer", (s: Script) => s.answered(0).forget().answer(0)],
    ["a first frame of an unknown connection", (s: Script) => s.firstFrame(9)],
    ["a bye for an unknown connection", (s: Script) => s.bye(9)],
  ])("%s changes nothing", (_, what) => {
    const s = what(new Script().start().welcome().forget());
    expect([s.state, s.log]).toEqual(["connecting", []]);
  });

  test("candidates go to their connection; those of unknown ones are dropped", () => {
    const s = new Script().start().welcome().forget();
    for (const connection of [0, 5]) {
      s.event({ type: "message", message: { type: "candidate", connection, candidate: "candidate:1", sdpMid: "0" } });
    }
    const candidate = { candidate: "candidate:1", sdpMid: "0", sdpMLineIndex: undefined };
    expect(s.done).toEqual([{ type: "add-candidate", connection: 0, candidate }]);
  });
});

describe("the own socket breaks", () => {
  test("while live: the picture stays live, the socket comes back with growing pauses, and resumes", () => {
    const s = new Script().live().watch(20_000, 0, 15).socketClosed();
    expect(s.state).toBe("live");
    expect(s.pass(250).log).toEqual(["open-socket"]);
    s.forget().socketClosed().watch(500, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["open-socket"]]);
    s.forget().welcome();
    expect([s.state, s.log]).toEqual(["live", ["send resume 0"]]);
  });

  test("and the sender no longer has the connection: a fresh one at once", () => {
    const s = new Script().live().socketClosed().pass(250).welcome().forget().bye(0);
    expect([s.state, s.log]).toEqual(["reconnecting", ["open-peer 1"]]);
  });

  test("and another sender is there: a fresh one at once, no resume", () => {
    const s = new Script().live().socketClosed().pass(250).forget().welcome(RESTARTED);
    expect([s.state, s.log]).toEqual(["reconnecting", ["open-peer 1"]]);
  });

  test("a socket that is never welcomed is given up after 8 s", () => {
    const s = new Script().start().forget().pass(8_000);
    expect(s.log).toEqual(["close-socket"]);
    expect(s.forget().pass(250).log).toEqual(["open-socket"]);
  });

  test("an offer under way is made anew on the following socket", () => {
    const s = new Script().start().welcome().forget().socketClosed();
    expect(s.log).toEqual(["close-peer 0"]);
    expect(s.forget().pass(250).welcome().log).toEqual(["open-socket", "open-peer 1"]);
  });

  test("an unreachable edge is said in words once it failed twice", () => {
    const s = new Script().start().socketClosed().pass(250).socketClosed();
    expect(stateOf(s.model)).toMatchObject({
      name: "connecting",
      message: expect.stringContaining("cannot be reached"),
    });
  });
});

describe("the sender's comings and goings", () => {
  test("its socket blinks: nothing is torn down", () => {
    const s = new Script().live().offline().watch(2_000, 0, 15).online();
    expect([s.state, s.log]).toEqual(["live", ["send resume 0"]]);
  });

  test("it is gone: live while frames come, then waiting, and no offers into the void", () => {
    const s = new Script().live().offline().watch(2_000, 0, 15);
    expect(s.state).toBe("live");
    s.watch(2_500, 0, 0);
    expect(s.state).toBe("live");
    s.watch(30_000, 0, 0);
    // The viewer's own socket may be what is dead.
    expect([s.state, s.log]).toEqual(["waiting", ["probe-socket"]]);
    s.forget();
    expect(s.online(RESTARTED).log).toEqual(["open-peer 1"]);
    expect(s.state).toBe("reconnecting");
  });

  test("it restarted: the old picture stays on show until the new one's first frame", () => {
    const s = new Script().live().online(RESTARTED);
    expect([s.state, s.log]).toEqual(["reconnecting", ["open-peer 1"]]);
    s.forget().answered(1).firstFrame(1);
    // No bye: the sender that had connection 0 is not the one that listens now.
    expect([s.state, s.log]).toEqual(["live", ["accept-answer 1", "show-peer 1", "close-peer 0"]]);
  });

  test("it restarted while an offer was under way", () => {
    const s = new Script().start().welcome(SENDER).forget().online(RESTARTED);
    expect(s.log).toEqual(["close-peer 0", "open-peer 1"]);
  });

  test("the own socket blinks meanwhile: still waiting, until the edge cannot be reached either", () => {
    const s = new Script().start().welcome(null).pass(60_000).socketClosed();
    expect(s.state).toBe("waiting");
    expect(s.pass(250).state).toBe("waiting");
    expect(s.socketClosed().state).toBe("connecting");
    expect(s.pass(1_000).welcome().state).toBe("connecting");
  });

  test("before the edge said who is here, a network that changes says nothing of it", () => {
    expect(new Script().start().event({ type: "network" }).state).toBe("connecting");
  });

  test("it is said to be absent when offered to: waiting, and tried again", () => {
    const s = new Script().start().welcome().error("sender-absent");
    expect(s.state).toBe("waiting");
    expect(s.forget().pass(250).log).toEqual(["open-peer 1"]);
  });

  test("it was absent once: that is no reason for the end of a socket long after", () => {
    const s = new Script().start().welcome().error("sender-absent").online().pass(250);
    s.answered(1).firstFrame(1).pass(60_000).socketClosed();
    expect(s.model.notice).toBeUndefined();
  });

  test("it gives this viewer up: not asked again in the same breath", () => {
    const s = new Script().live().bye();
    expect(s.log).toEqual([]);
    expect(s.offline().state).toBe("waiting");
  });
});

describe("the media breaks while the sender is here", () => {
  test("disconnected for 2.5 s: a fresh connection beside it, swapped with a bye", () => {
    const s = new Script().live().event({ type: "transport", connection: 0, state: "disconnected" });
    expect(s.pass(2_499).state).toBe("live");
    expect(s.pass(1).state).toBe("reconnecting");
    expect(s.log).toEqual(["open-peer 1"]);
    s.forget().answered(1).firstFrame(1);
    expect([s.state, s.log]).toEqual(["live", ["accept-answer 1", "show-peer 1", "send bye 0", "close-peer 0"]]);
  });

  test("disconnected and back within 2.5 s: nothing", () => {
    const s = new Script().live().event({ type: "transport", connection: 0, state: "disconnected" }).pass(2_000);
    s.event({ type: "transport", connection: 0, state: "connected" }).pass(10_000);
    expect([s.state, s.log]).toEqual(["live", []]);
  });

  test("failed or closed: at once", () => {
    const s = new Script().live().event({ type: "transport", connection: 0, state: "gone" });
    expect([s.state, s.log]).toEqual(["reconnecting", ["open-peer 1"]]);
  });

  test("packets and no frames for 5 s: said after 3 s, replaced after 5 s", () => {
    const s = new Script().live().watch(2_500, 0, 0, 9);
    expect(s.state).toBe("live");
    expect(s.watch(500, 0, 0, 9).state).toBe("reconnecting");
    expect(s.log).toEqual([]);
    expect(s.watch(2_000, 0, 0, 9).log).toEqual(["open-peer 1"]);
  });

  test("frames come and none is decoded: a decoder that hangs shows a picture that stands", () => {
    const s = new Script().live().decoded(30);
    expect([s.watch(2_500, 0, 15).state, s.watch(500, 0, 15).state]).toEqual(["live", "reconnecting"]);
    expect(s.log).toEqual([]);
    expect(s.watch(2_000, 0, 15).log).toEqual(["open-peer 1"]);
    expect(s.decoded(31).watch(500, 0, 15).state).toBe("live");
  });

  test("frames that nobody can see need not be decoded", () => {
    const s = new Script().live().decoded(30).decoded(undefined);
    expect([s.watch(60_000, 0, 15).state, s.log]).toEqual(["live", []]);
    expect(s.decoded(31).watch(500, 0, 15).state).toBe("live");
  });

  test("the old one comes back first: the replacement is given up", () => {
    const s = new Script().live().watch(5_000, 0, 0).answered(1).forget().watch(500, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["send bye 1", "close-peer 1"]]);
  });

  test("a machine that slept is judged by its next poll, not by the clock alone", () => {
    const s = new Script().live().pass(3_600_000);
    expect([s.state, s.log]).toEqual(["live", []]);
    expect(s.event({ type: "polled", connection: 0, framesReceived: 9, packetsReceived: 9 }).state).toBe("live");
  });

  test("a replacement that fails is tried again, the last picture still on show", () => {
    const s = new Script().live().event({ type: "transport", connection: 0, state: "gone" }).forget();
    s.event({ type: "transport", connection: 1, state: "gone" });
    expect([s.state, s.log]).toEqual(["reconnecting", ["send bye 1", "close-peer 1"]]);
    expect(s.forget().pass(250).log).toEqual(["open-peer 2"]);
  });
});

describe("errors", () => {
  test.each<[ErrorCode, "ended" | "failed"]>([
    ["session-ended", "ended"],
    ["kicked", "ended"],
    ["link-rotated", "ended"],
    ["unauthorized", "failed"],
    ["version-unsupported", "failed"],
    ["forbidden", "failed"],
    ["proof-refused", "failed"],
    ["origin-refused", "failed"],
  ])("%s: %s, everything let go, nothing tried again", (code, state) => {
    const s = new Script().live().error(code);
    expect(stateOf(s.model)).toMatchObject({ name: state, code });
    expect(s.log).toEqual(["send bye", "close-socket", "close-peer 0"]);
    expect(s.forget().socketClosed().online().pass(600_000).log).toEqual([]);
    expect(s.event({ type: "retry" }).log).toEqual(["open-socket"]);
    // Numbers are never used twice, for late messages of the old connection may still come.
    expect(s.forget().welcome().log).toEqual(["open-peer 1"]);
  });

  test("a refused proof: failed, and nothing of the picture is kept", () => {
    const s = new Script().start().welcome().answer(0).forget();
    s.event({ type: "refused", notice: { code: "proof-refused", message: "Not the camera." } });
    expect(stateOf(s.model)).toEqual({ name: "failed", code: "proof-refused", message: "Not the camera." });
    expect(s.log).toEqual(["send bye", "close-socket", "close-peer 0"]);
  });

  test.each<ErrorCode>(["session-full", "rate-limited"])("%s: waiting in words, and asked again by itself", (code) => {
    const s = new Script().start().error(code).socketClosed();
    expect(stateOf(s.model)).toMatchObject({ name: "waiting", code, message: ERRORS[code].message });
    expect(s.forget().pass(5_000).log).toEqual(["open-socket"]);
    expect(s.state).toBe("waiting");
  });

  test("a proof that the sender refused is final, and that a full sender gave up a connection is not", () => {
    const bye = (code: ErrorCode) =>
      new Script()
        .start()
        .welcome()
        .event({ type: "message", message: { type: "bye", connection: 0, code } });
    expect(stateOf(bye("proof-refused").model)).toMatchObject({ name: "failed", code: "proof-refused" });
    const full = bye("session-full");
    expect(full.state).toBe("waiting");
    expect(full.forget().pass(250).log).toEqual(["open-peer 1"]);
  });

  test("an unknown session: waiting in words, asked about every few seconds, and no flicker in between", () => {
    const s = new Script().start();
    for (let i = 0; i < 3; i++) {
      s.error("session-not-found").socketClosed();
      expect(stateOf(s.model)).toMatchObject({ name: "waiting", code: "session-not-found" });
      expect(s.forget().pass(2_999).log).toEqual([]);
      expect(s.pass(2_001).log).toEqual(["open-socket"]);
      expect(s.state).toBe("waiting");
    }
    expect(s.forget().welcome().state).toBe("connecting");
  });

  test("an unknown session does not end media that flows", () => {
    const s = new Script().live().socketClosed().pass(250).error("session-not-found").socketClosed().watch(500, 0, 15);
    expect(s.state).toBe("live");
  });

  // The edge says so to a viewer that it has not heard for long, when it needs the place.
  test("a place that was given away does not end media that flows, and is asked for again at once", () => {
    const s = new Script().live().error("conflict").socketClosed().forget().watch(500, 0, 15);
    expect([s.state, s.log]).toEqual(["live", ["open-socket"]]);
  });

  test("a close code stands in for a message that was lost", () => {
    const s = new Script().live().event({ type: "socket-closed", notice: { code: "kicked", message: "Out." } });
    expect(stateOf(s.model)).toMatchObject({ name: "ended", code: "kicked" });
  });

  test("a close by the viewer ends it, without an error", () => {
    const s = new Script().live().event({ type: "close" });
    expect(stateOf(s.model)).toEqual({ name: "ended", message: "You left.", code: undefined });
  });

  test("retry while the socket waits opens it now; while live it only asks for a sign of life", () => {
    const s = new Script().start().socketClosed().forget().event({ type: "retry" });
    expect(s.log).toEqual(["open-socket"]);
    expect(new Script().live().event({ type: "retry" }).log).toEqual(["probe-socket"]);
  });
});

test("a step leaves the model it was given untouched", () => {
  const s = new Script().live();
  const before = structuredClone(s.model);
  const context = { nowMs: 99_000, random: 0.5 };
  step(s.model, { type: "transport", connection: 0, state: "gone" }, context);
  step(s.model, { type: "polled", connection: 0, framesReceived: 0, packetsReceived: 0 }, context);
  step(s.model, { type: "socket-closed" }, context);
  step(s.model, { type: "message", message: { type: "error", code: "rate-limited", message: "" } }, context);
  expect(s.model).toEqual(before);
});
