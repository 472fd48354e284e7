import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { SENDERLESS_MS } from "../../src/worker/session/lifetime.ts";
import { call, createSession, PUBLISH_KEY, stubOf, type TestSession } from "./support/api.ts";
import { joinAsSender, joinAsViewer, joinBoth } from "./support/peer.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Sets the edge's clock; its timers go on as they are. */
const setAhead = (ms: number) => vi.useFakeTimers({ now: Date.now() + ms, toFake: ["Date"] });
afterEach(() => void vi.useRealTimers());

const statusOf = (session: TestSession) =>
  call("GET", `/api/sessions/${session.id}`, { token: session.senderToken }).then(({ status }) => status);
const alarmOf = (session: TestSession) =>
  runInDurableObject(stubOf(session), (_instance, state) => state.storage.getAlarm());
const ring = (session: TestSession) => runDurableObjectAlarm(stubOf(session));
const keptOf = (session: TestSession) =>
  runInDurableObject(stubOf(session), (_instance, state) => [...state.storage.kv.list()]);

describe("a session without an end", () => {
  it("ends once its sender was away for a month, and leaves nothing", async () => {
    const session = await createSession();
    expect(await alarmOf(session)).toBeGreaterThan(Date.now() + SENDERLESS_MS - HOUR_MS);
    const { peer: viewer } = await joinAsViewer(session);
    await viewer.next("welcome");
    setAhead(30 * DAY_MS);
    await ring(session);
    expect(await statusOf(session)).toBe(200);
    setAhead(30 * DAY_MS);
    await ring(session);
    expect(await viewer.closed()).toBe(4411);
    expect(await statusOf(session)).toBe(404);
    expect([await keptOf(session), await alarmOf(session)]).toEqual([[], null]);
    const list = await (await call("GET", "/api/sessions", { token: PUBLISH_KEY })).text();
    expect(list).not.toContain(session.id);
  });

  it("goes on while its sender is here, however long", async () => {
    const session = await createSession();
    const { viewer } = await joinBoth(session);
    for (let month = 0; month < 3; month++) {
      setAhead(30 * DAY_MS);
      expect(await ring(session)).toBe(true);
    }
    await viewer.quiet();
    expect(await alarmOf(session)).toBeGreaterThan(Date.now() + 29 * DAY_MS);
  });

  it.each([
    ["came by its socket", (session: TestSession) => joinAsSender(session).then(({ peer }) => peer.next("welcome"))],
    [
      "created it again",
      (session: TestSession) => call("POST", "/api/sessions", { token: PUBLISH_KEY, body: session.body }),
    ],
  ])("is counted anew for a sender that %s in between", async (_name, come) => {
    const session = await createSession();
    setAhead(30 * DAY_MS);
    await ring(session);
    await come(session);
    const stub = stubOf(session);
    await runInDurableObject(stub, (_instance, state) => {
      for (const socket of state.getWebSockets("sender")) socket.close();
    });
    setAhead(30 * DAY_MS);
    await ring(session);
    expect(await statusOf(session)).toBe(200);
    setAhead(30 * DAY_MS);
    await ring(session);
    expect(await statusOf(session)).toBe(404);
  });

  it("is not ended by a clock that is set ahead by years and back while its sender is on its way", async () => {
    const session = await createSession();
    setAhead(3_650 * DAY_MS);
    await ring(session);
    setAhead(-3_650 * DAY_MS);
    await ring(session);
    expect(await statusOf(session)).toBe(200);
    expect(await alarmOf(session)).toBeLessThan(Date.now() + 31 * DAY_MS);
  });
});

describe("a session with an end, at an edge whose clock is set", () => {
  const created = async (ttlMs: number, session?: TestSession) => {
    const body = session?.body ?? (await createSession({ ttlMs })).body;
    return (await call("POST", "/api/sessions", { token: PUBLISH_KEY, body })).json();
  };

  it("says what is left by that clock, for senders have others", async () => {
    expect(await created(2 * HOUR_MS)).toMatchObject({ expiresInMs: expect.closeTo(2 * HOUR_MS, -4) });
    const session = await createSession({ ttlMs: 2 * HOUR_MS });
    setAhead(HOUR_MS);
    expect(await created(0, session)).toMatchObject({ expiresInMs: expect.closeTo(HOUR_MS, -4) });
    const { body } = await createSession();
    expect(await (await call("POST", "/api/sessions", { token: PUBLISH_KEY, body })).json()).not.toHaveProperty(
      "expiresInMs",
    );
  });

  it("ahead across the end: is over at once, and says so", async () => {
    const session = await createSession({ ttlMs: HOUR_MS / 2 });
    const { sender, viewer } = await joinBoth(session);
    setAhead(HOUR_MS);
    expect(await statusOf(session)).toBe(404);
    await ring(session);
    expect([await viewer.closed(), await sender.closed()]).toEqual([4411, 4411]);
  });

  it("back: goes on until that clock is there, whatever its alarm was set to", async () => {
    const session = await createSession({ ttlMs: HOUR_MS / 2 });
    const { viewer } = await joinBoth(session);
    const endsAtMs = await alarmOf(session);
    setAhead(-HOUR_MS);
    await ring(session);
    await viewer.quiet();
    expect([await statusOf(session), await alarmOf(session)]).toEqual([200, endsAtMs]);
  });
});
