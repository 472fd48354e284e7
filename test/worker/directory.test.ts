import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SessionList } from "../../src/protocol/http.ts";
import { directory } from "../../src/worker/directory/client.ts";
import { call, createSession, errorCode, PUBLISH_KEY, stubOf } from "./support/api.ts";
import { joinAsSender, joinAsViewer, joinBoth } from "./support/peer.ts";

afterEach(() => vi.restoreAllMocks());

/** Each test starts with an empty list. */
beforeEach(async () => {
  await runInDurableObject(directory(env), (_instance, state) => void state.storage.sql.exec("DELETE FROM sessions"));
});

async function list(query = ""): Promise<SessionList> {
  const response = await call("GET", `/api/sessions${query}`, { token: PUBLISH_KEY });
  expect(response.status).toBe(200);
  return v.parse(SessionList, await response.json());
}

const written = () =>
  runInDurableObject(directory(env), (_instance, state) => state.storage.sql.exec("SELECT * FROM sessions").toArray());
const writtenIds = async () => (await written()).map(({ id }) => id);
const ids = ({ sessions }: SessionList) => sessions.map(({ id }) => id);

describe("the list of sessions", () => {
  it("says of each how it is", async () => {
    const session = await createSession({ ttlMs: 60_000 });
    const { peer: sender } = await joinAsSender(session);
    await sender.next("welcome");
    const cameras = [{ name: "pattern", width: 640, height: 480, fps: 30, encoder: "x264" }];
    sender.send({ type: "report", report: { cameras, parameters: {} } });
    const { peer: viewer } = await joinAsViewer(session);
    await viewer.next("welcome");
    await sender.next("viewer-joined");
    const { sessions, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({ id: session.id, reachable: true, viewers: 1, cameras });
    expect(sessions[0]?.expiresAtMs).toBe((sessions[0]?.createdAtMs ?? 0) + 60_000);
    expect(sessions[0]?.senderSinceMs).toBeGreaterThan(Date.now() - 5_000);
  });

  it("is for the publisher alone", async () => {
    const session = await createSession();
    for (const token of [undefined, session.senderToken]) {
      const response = await call("GET", "/api/sessions", { token });
      expect(response.status).toBe(401);
      expect(await errorCode(response)).toBe("publish-key-refused");
    }
  });

  it("comes in pages that miss nobody and repeat nobody", async () => {
    const created = [];
    for (let i = 0; i < 7; i++) created.push((await createSession()).id);
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 1; ; pages++) {
      const page = await list(`?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...ids(page));
      if (page.nextCursor === null) {
        expect(pages).toBe(3);
        break;
      }
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([...created].sort());
  });

  it.each(["?limit=0", "?limit=51", "?limit=x", "?cursor=a%20b"])("refuses %s", async (query) => {
    const response = await call("GET", `/api/sessions${query}`, { token: PUBLISH_KEY });
    expect(response.status).toBe(400);
    expect(await errorCode(response)).toBe("invalid-message");
  });

  it("loses a session when it ends", async () => {
    const [kept, ended] = [await createSession(), await createSession()];
    await call("DELETE", `/api/sessions/${ended.id}`, { token: ended.senderToken });
    await expect.poll(writtenIds).toEqual([kept.id]);
  });

  it("loses a session when it expires", async () => {
    await createSession({ ttlMs: 1_000 });
    await expect.poll(writtenIds).toEqual([]);
  });

  it("heals itself when a session was lost", async () => {
    const [kept, lost] = [await createSession(), await createSession()];
    await runInDurableObject(stubOf(lost), (_instance, state) => void state.storage.kv.delete("session"));
    expect(ids(await list())).toEqual([kept.id]);
    await expect.poll(writtenIds).toEqual([kept.id]);
  });

  it("heals itself when its own entry was lost and the sender comes again", async () => {
    const session = await createSession();
    await runInDurableObject(directory(env), (_instance, state) => void state.storage.sql.exec("DELETE FROM sessions"));
    expect(ids(await list())).toEqual([]);
    await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: session.body });
    expect(ids(await list())).toEqual([session.id]);
  });

  it("keeps an entry that was made anew while the old one was being dropped", async () => {
    const session = await createSession();
    await directory(env).remove([{ id: session.id, createdAtMs: 1 }]);
    expect(ids(await list())).toEqual([session.id]);
  });
});

describe("what the directory costs", () => {
  it("is one row for a creation, and none for resuming", async () => {
    const rowsWritten: number[] = [];
    await runInDurableObject(directory(env), async (instance, state) => {
      const exec = vi.spyOn(state.storage.sql, "exec");
      const entry = { id: "front-door", createdAtMs: 1, expiresAtMs: null };
      for (const next of [entry, entry, { ...entry, expiresAtMs: 2 }]) await instance.add(next);
      for (const { value } of exec.mock.results) rowsWritten.push(value.rowsWritten);
    });
    expect(rowsWritten).toEqual([1, 0, 1]);
  });

  it("is nothing for joining", async () => {
    const session = await createSession();
    const before = await written();
    const calls: unknown[] = [];
    await runInDurableObject(directory(env), (_instance, state) => {
      vi.spyOn(state.storage.sql, "exec").mockImplementation((...args: unknown[]) => {
        calls.push(args);
        throw new Error("the directory was called");
      });
    });
    await joinBoth(session);
    expect(calls).toEqual([]);
    vi.restoreAllMocks();
    expect(await written()).toEqual(before);
  });
});
