import { describe, expect, test } from "vitest";
import { stateOf } from "../../src/web/client/state.ts";
import { Script, SENDER } from "./script.ts";

describe("paused while live", () => {
  test("missing frames are no stall, however long; the connection stays", () => {
    const s = new Script().live().paused(true);
    expect(stateOf(s.model)).toEqual({
      name: "paused",
      message: "The camera's owner paused it. The picture goes on when they resume.",
    });
    s.watch(600_000, 0, 0);
    expect([s.state, s.log]).toEqual(["paused", []]);
  });

  test("resumed: live with the next frame, on the same connection", () => {
    const s = new Script().live().paused(true).watch(60_000, 0, 0).paused(false);
    expect(s.state).toBe("paused");
    expect(stateOf(s.model)).toMatchObject({ message: expect.stringContaining("resumed"), resuming: true });
    s.watch(500, 0, 15);
    expect([s.state, s.log]).toEqual(["live", []]);
  });

  test("resumed without frames: a stall is noticed as ever, counted from the resuming", () => {
    const s = new Script().live().paused(true).watch(60_000, 0, 0).paused(false).watch(2_500, 0, 0);
    expect([s.state, s.log]).toEqual(["paused", []]);
    expect(s.watch(500, 0, 0).state).toBe("reconnecting");
    expect(s.watch(2_000, 0, 0).log).toEqual(["open-peer 1"]);
  });

  test("frames that were on their way when it was paused change nothing", () => {
    const s = new Script().live().paused(true).watch(500, 0, 3);
    expect(s.state).toBe("paused");
  });

  test("the own socket blinks: still paused, and what changed meanwhile is learnt from the welcome", () => {
    const s = new Script().live().paused(true).socketClosed();
    expect(s.state).toBe("paused");
    s.pass(250).forget().welcome(SENDER, { paused: true });
    expect([s.state, s.log]).toEqual(["paused", ["send resume 0"]]);
    s.socketClosed().pass(250).welcome(SENDER).watch(500, 0, 15);
    expect(s.state).toBe("live");
  });

  test("both sockets blink, and the own is back first: nobody resumed it", () => {
    const s = new Script().live().paused(true).socketClosed().pass(250).welcome(null);
    expect(stateOf(s.model).message).toContain("paused it");
    s.watch(30_000, 0, 0);
    expect(s.state).toBe("paused");
    s.online().paused(false);
    expect(stateOf(s.model).message).toContain("resumed");
  });

  test("paused while the socket was away: what looked like a stall was none", () => {
    const s = new Script().live().socketClosed().watch(6_000, 0, 0);
    expect(s.state).toBe("reconnecting");
    s.forget().welcome(SENDER, { paused: true });
    expect([s.state, s.log]).toEqual(["paused", ["send resume 0"]]);
  });
});

describe("connections that fail while paused are mended", () => {
  test("gone: a fresh one, which takes over once it stands, for no frame will come", () => {
    const s = new Script().live().paused(true).transport(0, "gone");
    expect([s.state, s.log]).toEqual(["paused", ["open-peer 1"]]);
    s.answered(1).forget().transport(1, "connected");
    expect([s.state, s.log]).toEqual(["paused", ["show-peer 1", "send bye 0", "close-peer 0"]]);
    expect(s.paused(false).watch(500, 1, 15).state).toBe("live");
  });

  test("the fresh one does not come up: tried again", () => {
    const s = new Script().live().paused(true).transport(0, "gone").answered(1).forget().pass(15_000);
    expect(s.log).toEqual(["send bye 1", "close-peer 1"]);
    expect(s.forget().pass(250).log).toEqual(["open-peer 2"]);
  });

  test("resumed before the fresh one stands: live with its first frame", () => {
    const s = new Script().live().paused(true).transport(0, "gone").answered(1).paused(false);
    expect(s.state).toBe("reconnecting");
    expect(s.firstFrame(1).state).toBe("live");
  });

  test("a fresh one whose transport is broken just then does not take over before it is mended", () => {
    const s = new Script().live().watch(5_000, 0, 0).answered(1).transport(1, "connected");
    s.transport(1, "disconnected").forget().paused(true);
    expect([s.state, s.log]).toEqual(["paused", []]);
    expect(s.transport(1, "connected").log).toContain("show-peer 1");
  });

  test("the sender left for good: waiting, not paused", () => {
    const s = new Script().live().paused(true).offline().transport(0, "gone");
    expect(s.state).toBe("waiting");
  });
});

describe("joined while paused", () => {
  const join = () => new Script().start().welcome(SENDER, { paused: true }).answered(0).transport(0, "connected");

  test("says so at once, and keeps the connection without a first frame", () => {
    expect(new Script().start().welcome(SENDER, { paused: true }).state).toBe("paused");
    const s = join().forget().pass(600_000);
    expect([s.state, s.log]).toEqual(["paused", []]);
  });

  test("the own socket blinks: still said", () => {
    const s = join().socketClosed();
    expect(s.state).toBe("paused");
    expect(s.pass(250).forget().welcome(SENDER, { paused: true }).log).toEqual(["send resume 0"]);
  });

  test("resumed: the first frame is awaited as ever", () => {
    const s = join().pass(60_000).paused(false).forget();
    expect(s.state).toBe("connecting");
    expect(s.pass(14_999).log).toEqual([]);
    expect(s.pass(1).log).toEqual(["send bye 0", "close-peer 0"]);
  });

  test("resumed: live with the first frame", () => {
    const s = join().pass(60_000).paused(false).forget().firstFrame(0);
    expect([s.state, s.log]).toEqual(["live", ["show-peer 0"]]);
  });

  test("a transport that breaks and does not come back within 2.5 s is made anew", () => {
    const s = join().pass(60_000).forget().transport(0, "disconnected").pass(2_499);
    expect(s.log).toEqual([]);
    expect(s.pass(1).log).toEqual(["send bye 0", "close-peer 0"]);
  });
});
