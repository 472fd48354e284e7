import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { ENDED_MS } from "../../src/worker/session/tombstone.ts";
import { call, createSession, errorCode, PUBLISH_KEY, stubOf, type TestSession } from "./support/api.ts";
import { joinAsSender, joinAsViewer } from "./support/peer.ts";
import { callsTo, turnApi } from "./support/turn.ts";

/** Sets the edge's clock; its timers go on as they are. */
const setAhead = (ms: number) => vi.useFakeTimers({ now: Date.now() + ms, toFake: ["Date"] });
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  for (const name of Object.keys(turnApi(""))) delete (env as unknown as Record<string, unknown>)[name];
});

const create = (body: object) => call("POST", "/api/sessions", { token: PUBLISH_KEY, body });
const keptOf = (session: TestSession) =>
  runInDurableObject(stubOf(session), async (_instance, state) => ({
    rows: [...state.storage.kv.list()].map(([key]) => key),
    alarm: await state.storage.getAlarm(),
  }));
const refusalOf = async ({ peer }: { peer: { next(type: string): Promise<unknown>; closed(): Promise<number> } }) => {
  expect(await peer.next("error")).toBeDefined();
  return peer.closed();
};

/** One that its owner ended while its sender was offline. */
async function ended(extra = {}): Promise<TestSession> {
  const session = await createSession(extra);
  expect((await call("DELETE", `/api/sessions/${session.id}`, { token: PUBLISH_KEY })).status).toBe(204);
  return session;
}

describe("a session that its owner ended", () => {
  it("is not made again by its sender that was offline then", async () => {
    const session = await ended();
    expect(await refusalOf(await joinAsSender(session))).toBe(4411);
    const again = await create(session.body);
    expect([again.status, await errorCode(again)]).toEqual([410, "session-ended"]);
    // Nor with other links.
    expect((await create({ ...session.body, viewerTokenHash: "v".repeat(43) })).status).toBe(410);
    expect(await refusalOf(await joinAsViewer(session))).toBe(4404);
    expect((await call("GET", `/api/sessions/${session.id}`, { token: PUBLISH_KEY })).status).toBe(404);
  });

  it("is not made again by its sender that was just coming in", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const session = await createSession();
    Object.assign(env, turnApi("slow-ended"));
    const joining = joinAsSender(session);
    await expect.poll(() => callsTo("slow-ended")).toHaveLength(1);
    await call("DELETE", `/api/sessions/${session.id}`, { token: PUBLISH_KEY });
    expect(await refusalOf(await joining)).toBe(4411);
  });

  it("leaves its id to another sender, which then has it as if nothing had been", async () => {
    const session = await ended();
    const other = { ...session, senderToken: randomToken(32) };
    expect(await refusalOf(await joinAsSender(other))).toBe(4404);
    expect((await create({ ...session.body, senderToken: other.senderToken })).status).toBe(201);
    expect(await keptOf(session)).toMatchObject({ rows: ["session"] });
    await (await joinAsSender(other)).peer.next("welcome");
    await (await joinAsViewer(session)).peer.next("welcome");
    expect(await refusalOf(await joinAsSender(session))).toBe(4401);
  });

  it("is remembered by one row for a month, and then by none", async () => {
    const session = await ended({ ttlMs: 60_000 });
    const { rows, alarm } = await keptOf(session);
    expect(rows).toEqual(["ended"]);
    expect(alarm).toBeGreaterThan(Date.now() + ENDED_MS - 60_000);
    // Too early, as where a clock was set.
    await runDurableObjectAlarm(stubOf(session));
    expect(await keptOf(session)).toEqual({ rows, alarm });
    setAhead(ENDED_MS);
    expect(await refusalOf(await joinAsSender(session))).toBe(4404);
    await runDurableObjectAlarm(stubOf(session));
    expect(await keptOf(session)).toEqual({ rows: [], alarm: null });
    expect((await create(session.body)).status).toBe(201);
  });

  it("keeps no token, no link and no limit", async () => {
    const session = await ended();
    const kept = await runInDurableObject(stubOf(session), (_instance, state) =>
      JSON.stringify([...state.storage.kv.list()]),
    );
    expect(Object.keys(JSON.parse(kept)[0][1])).toEqual(["senderTokenHash", "endedAtMs"]);
    expect(kept).not.toContain(session.senderToken);
  });
});

it("a session that ended by its age is made again by its sender", async () => {
  const session = await createSession({ ttlMs: 60_000 });
  setAhead(60_000);
  expect(await refusalOf(await joinAsSender(session))).toBe(4404);
  expect((await create(session.body)).status).toBe(201);
  setAhead(60_000);
  await runDurableObjectAlarm(stubOf(session));
  expect((await keptOf(session)).rows).toEqual([]);
  expect((await create(session.body)).status).toBe(201);
});
