import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { call, createSession, PUBLISH_KEY, stubOf } from "./support/api.ts";
import { joinAsSender, joinAsViewer, joinBoth, OFFER } from "./support/peer.ts";

describe("the owner", () => {
  it("sets parameters, which the sender gets now and every later one on joining", async () => {
    const session = await createSession();
    const { sender } = await joinBoth(session);
    const path = `/api/sessions/${session.id}`;
    const patched = await call("PATCH", path, { token: PUBLISH_KEY, body: { fps: 15 } });
    expect(await patched.json()).toMatchObject({ parameters: { fps: 15 } });
    expect(await sender.next("parameters")).toEqual({ type: "parameters", parameters: { fps: 15 } });
    await call("PATCH", path, { token: session.senderToken, body: { paused: true } });
    expect(await sender.next("parameters")).toEqual({ type: "parameters", parameters: { fps: 15, paused: true } });
    const { peer } = await joinAsSender(session);
    expect(await peer.next("welcome")).toMatchObject({ parameters: { fps: 15, paused: true } });
    const unset = await call("PATCH", path, { token: session.senderToken, body: { fps: null, paused: null } });
    expect(await unset.json()).toMatchObject({ parameters: {} });
    expect(await peer.next("parameters")).toEqual({ type: "parameters", parameters: {} });
    const wrong = await call("PATCH", path, { token: PUBLISH_KEY, body: { fps: 0 } });
    expect(wrong.status).toBe(400);
  });

  it("may say them with the creation, and a session that there is keeps its own", async () => {
    const session = await createSession({ parameters: { paused: true } });
    const { peer: sender } = await joinAsSender(session);
    expect(await sender.next("welcome")).toMatchObject({ parameters: { paused: true } });
    const body = { ...session.body, parameters: { fps: 5 } };
    expect((await call("POST", "/api/sessions", { token: PUBLISH_KEY, body })).status).toBe(200);
    const status = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await status.json()).toMatchObject({ parameters: { paused: true } });
  });

  it("kicks one viewer", async () => {
    const session = await createSession();
    const { sender, viewer, id } = await joinBoth(session);
    const { peer: other } = await joinAsViewer(session);
    await other.next("welcome");
    await sender.next("viewer-joined");
    const response = await call("DELETE", `/api/sessions/${session.id}/viewers/${id}`, { token: session.senderToken });
    expect(response.status).toBe(204);
    expect(await viewer.next("error")).toMatchObject({ code: "kicked" });
    expect(await viewer.closed()).toBe(4430);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer: id, code: "kicked" });
    expect(await sender.next("viewer-left")).toEqual({ type: "viewer-left", viewer: id });
    await sender.quiet();
    await other.quiet();
  });

  it("is told of a viewer that is not here, while the sender still hears of it", async () => {
    const session = await createSession();
    const { sender } = await joinBoth(session);
    const viewer = makeViewerId();
    const path = `/api/sessions/${session.id}/viewers/${viewer}`;
    const response = await call("DELETE", path, { token: session.senderToken });
    expect(response.status).toBe(404);
    const message = expect.stringContaining("The camera was told");
    expect(await response.json()).toEqual({ error: { code: "viewer-not-found", message } });
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer, code: "kicked" });
  });

  it("replaces one role's link: its holders leave, the others stay", async () => {
    const session = await createSession();
    const { sender, viewer, id } = await joinBoth(session);
    const { peer: operator } = await joinAsViewer(session, { token: session.operatorToken });
    await operator.next("welcome");
    await sender.next("viewer-joined");
    const fresh = randomToken(32);
    const response = await call("PUT", `/api/sessions/${session.id}/links`, {
      token: session.senderToken,
      body: { viewerTokenHash: hashToken(fresh) },
    });
    expect(response.status).toBe(204);
    expect(await viewer.next("error")).toMatchObject({ code: "link-rotated" });
    expect(await viewer.closed()).toBe(4431);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer: id, code: "link-rotated" });
    expect(await sender.next("viewer-left")).toEqual({ type: "viewer-left", viewer: id });
    await operator.quiet();
    const { peer: old } = await joinAsViewer(session);
    expect(await old.closed()).toBe(4401);
    const { peer: renewed } = await joinAsViewer(session, { token: fresh });
    await renewed.next("welcome");
  });

  it("replaces links by creating again with other hashes", async () => {
    const session = await createSession();
    const { viewer } = await joinBoth(session);
    const body = { ...session.body, viewerTokenHash: hashToken(randomToken(32)) };
    expect((await call("POST", "/api/sessions", { token: PUBLISH_KEY, body })).status).toBe(200);
    expect(await viewer.closed()).toBe(4431);
  });

  it("ends the session for everybody", async () => {
    const session = await createSession({ ttlMs: 60_000 });
    const { sender, viewer } = await joinBoth(session);
    await call("DELETE", `/api/sessions/${session.id}`, { token: session.senderToken });
    for (const peer of [sender, viewer]) {
      expect(await peer.next("error")).toMatchObject({ code: "session-ended" });
      expect(await peer.closed()).toBe(4411);
    }
    // That it was ended: see ended.test.ts.
    await runInDurableObject(stubOf(session), (_instance, state) => {
      expect([...state.storage.kv.list()].map(([key]) => key)).toEqual(["ended"]);
    });
  });
});

describe("expiry", () => {
  it("ends the session by one alarm", async () => {
    const session = await createSession({ ttlMs: 3_000 });
    const { sender, viewer } = await joinBoth(session);
    expect(await viewer.closed()).toBe(4411);
    expect(await sender.closed()).toBe(4411);
    const response = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(response.status).toBe(404);
  });

  it("does not come early, should the alarm do so", async () => {
    const session = await createSession({ ttlMs: 60_000 });
    const { viewer } = await joinBoth(session);
    expect(await runDurableObjectAlarm(stubOf(session))).toBe(true);
    await viewer.quiet();
    await runInDurableObject(stubOf(session), async (_instance, state) => {
      expect(await state.storage.getAlarm()).toBeGreaterThan(Date.now() + 50_000);
    });
  });

  it("counts from the first creation, and makes the id free", async () => {
    const session = await createSession();
    const { viewer } = await joinBoth(session);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const again = await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: { ...session.body, ttlMs: 1_000 } });
    expect(again.status).toBe(201);
    expect(await viewer.closed()).toBe(4411);
  });

  it("is off again when the owner resumes without one", async () => {
    const session = await createSession({ ttlMs: 3_000 });
    const body = { ...session.body, ttlMs: undefined };
    expect((await call("POST", "/api/sessions", { token: PUBLISH_KEY, body })).status).toBe(200);
    const { sender, viewer } = await joinBoth(session);
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    viewer.send(OFFER);
    await sender.next("offer");
    // What is left is the look for a sender that was away for a month.
    expect(await runDurableObjectAlarm(stubOf(session))).toBe(true);
    await viewer.quiet();
  });
});
