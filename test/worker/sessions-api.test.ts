import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { call, createSession, errorCode, makeSession, PUBLISH_KEY } from "./support/api.ts";

describe("creating a session", () => {
  afterEach(() => {
    env.PUBLISH_KEY = PUBLISH_KEY;
  });

  it("takes the id that the owner chose", async () => {
    const { body } = makeSession({ ttlMs: 60_000 });
    const response = await call("POST", "/api/sessions", { token: PUBLISH_KEY, body });
    expect(response.status).toBe(201);
    const created = (await response.json()) as { id: string; createdAtMs: number; expiresAtMs: number };
    expect(created.id).toBe(body.id);
    expect(created.expiresAtMs - created.createdAtMs).toBe(60_000);
  });

  it("makes an id up when none is given", async () => {
    const { body } = makeSession();
    const response = await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: { ...body, id: undefined } });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({
      id: expect.stringMatching(/^session-\d{8}-\d{6}-[0-9a-f]{8}$/),
      expiresAtMs: null,
    });
  });

  it("resumes for the holder of the sender token, and refuses anybody else", async () => {
    const session = await createSession();
    const again = await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: session.body });
    expect(again.status).toBe(200);
    const other = await call("POST", "/api/sessions", {
      token: PUBLISH_KEY,
      body: { ...session.body, senderToken: randomToken(32) },
    });
    expect(other.status).toBe(409);
    const message = expect.stringMatching(/--session.*--state.*publish key/);
    expect(await other.json()).toEqual({ error: { code: "session-exists", message } });
  });

  it("updates limits on resuming", async () => {
    const session = await createSession({ maxViewers: 2 });
    await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: { ...session.body, maxViewers: 7 } });
    const status = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await status.json()).toMatchObject({ maxViewers: 7 });
  });

  it.each([
    ["no key", undefined],
    ["a wrong key", "wrong"],
    ["a prefix of the key", PUBLISH_KEY.slice(0, -1)],
  ])("refuses %s", async (_name, token) => {
    const response = await call("POST", "/api/sessions", { token, body: makeSession().body });
    expect(response.status).toBe(401);
    expect(await errorCode(response)).toBe("publish-key-refused");
  });

  it("says how to set a publish key when the edge has none", async () => {
    env.PUBLISH_KEY = "";
    const response = await call("POST", "/api/sessions", { token: "", body: makeSession().body });
    expect(response.status).toBe(403);
    const body = (await response.json()) as { error: { code: string; message: string } };
    expect(body.error.code).toBe("publish-key-unset");
    expect(body.error.message).toContain("wrangler secret put PUBLISH_KEY");
  });

  it("takes a publish key without the line break of the file that it came from", async () => {
    env.PUBLISH_KEY = ` ${PUBLISH_KEY}\n`;
    const create = (token: string) => call("POST", "/api/sessions", { token, body: makeSession().body });
    expect((await create(PUBLISH_KEY)).status).toBe(201);
    expect((await create("other")).status).toBe(401);
    env.PUBLISH_KEY = "\n";
    expect(await errorCode(await create(PUBLISH_KEY))).toBe("publish-key-unset");
  });

  it.each([
    ["two words", "two words", "holds a character that no header carries"],
    ["a letter that is not ASCII", "schlüssel", "holds a character that no header carries"],
    ["one that is too long", "k".repeat(513), "is longer than 512 characters"],
  ])("says of a publish key that no header carries what is wrong, and in the log: %s", async (_name, key, fault) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    env.PUBLISH_KEY = key;
    await call("GET", "/api/health");
    const logged = warn.mock.calls.flat().join("\n");
    warn.mockRestore();
    // Each sentence is logged once, and two of these keys have the same.
    if (key !== "schlüssel") expect(logged).toContain(`PUBLISH_KEY ${fault}`);
    expect(logged).not.toContain(key);
    const response = await call("POST", "/api/sessions", { token: "key", body: makeSession().body });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error).toMatchObject({
      code: "publish-key-unset",
      message: expect.stringContaining(`PUBLISH_KEY ${fault}`),
    });
    expect(error.message).not.toContain(key);
  });

  it("takes a publish key as long as may be", async () => {
    const key = "k".repeat(512);
    env.PUBLISH_KEY = key;
    expect((await call("POST", "/api/sessions", { token: key, body: makeSession().body })).status).toBe(201);
  });

  it("refuses tokens that would make one link mean two roles", async () => {
    const { body } = makeSession();
    const response = await call("POST", "/api/sessions", {
      token: PUBLISH_KEY,
      body: { ...body, operatorTokenHash: body.viewerTokenHash },
    });
    expect(response.status).toBe(400);
  });

  it.each([
    ["a malformed id", { id: "a b" }, "invalid-message"],
    ["a time to live of zero", { ttlMs: 0 }, "invalid-message"],
    ["a short token", { senderToken: "abc" }, "invalid-message"],
  ])("refuses %s", async (_name, wrong, code) => {
    const response = await call("POST", "/api/sessions", {
      token: PUBLISH_KEY,
      body: { ...makeSession().body, ...wrong },
    });
    expect(response.status).toBe(400);
    expect(await errorCode(response)).toBe(code);
  });

  it("refuses a body that is too large, whatever its headers say", async () => {
    const body = { ...makeSession().body, junk: "x".repeat(70_000) };
    const response = await call("POST", "/api/sessions", { token: PUBLISH_KEY, body });
    expect(response.status).toBe(413);
    expect(await errorCode(response)).toBe("message-too-large");
  });
});

describe("a session's status and settings", () => {
  it("shows its status to each of its tokens and to the publisher, and to nobody else", async () => {
    const session = await createSession();
    for (const token of [session.senderToken, session.viewerToken, session.operatorToken, PUBLISH_KEY]) {
      const response = await call("GET", `/api/sessions/${session.id}`, { token });
      expect(response.status).toBe(200);
      expect(response.headers.get("Cache-Control")).toBe("no-store");
    }
    const stranger = await call("GET", `/api/sessions/${session.id}`, { token: randomToken(32) });
    expect(stranger.status).toBe(401);
    // Who asks here need not have come by a link.
    const message = `This token is not valid for session ${session.id}.`;
    expect(await stranger.json()).toEqual({ error: { code: "unauthorized", message } });
    const nobody = await call("GET", `/api/sessions/${session.id}`);
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("WWW-Authenticate")).toBe("Bearer");
  });

  it("never shows a token or its hash", async () => {
    const session = await createSession();
    const response = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
    const text = await response.text();
    expect(text).not.toContain(session.senderToken);
    expect(text).not.toContain(session.body.viewerTokenHash);
    expect(text).not.toContain(hashToken(session.senderToken));
  });

  it.each([
    ["PATCH", "", { fps: 15 }],
    ["DELETE", "", undefined],
    ["PUT", "/links", {}],
    ["DELETE", `/viewers/${"v".repeat(22)}`, undefined],
  ])("keeps %s %s for the owner", async (method, path, body) => {
    const session = await createSession();
    const response = await call(method, `/api/sessions/${session.id}${path}`, { token: session.operatorToken, body });
    expect(response.status).toBe(403);
    expect(await errorCode(response)).toBe("forbidden");
  });

  it("gives ICE servers to every member", async () => {
    const session = await createSession();
    const response = await call("GET", `/api/sessions/${session.id}/ice`, { token: session.viewerToken });
    expect(await response.json()).toEqual({ iceServers: [{ urls: ["stun:stun.example:3478"] }] });
    expect((await call("GET", `/api/sessions/${session.id}/ice`, { token: randomToken(32) })).status).toBe(401);
  });

  it("frees the id when it ends", async () => {
    const session = await createSession();
    const ended = await call("DELETE", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(ended.status).toBe(204);
    expect((await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken })).status).toBe(404);
    const other = { ...makeSession().body, id: session.id };
    expect((await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: other })).status).toBe(201);
  });

  it.each(["unknown-session", "x", "a%20b"])("answers 404 for the session %s", async (id) => {
    const response = await call("GET", `/api/sessions/${id}`, { token: randomToken(32) });
    expect(response.status).toBe(404);
    expect(await errorCode(response)).toBe("session-not-found");
  });
});
