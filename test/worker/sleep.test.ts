import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { call, createSession, stubOf, type TestSession } from "./support/api.ts";
import { CANDIDATE, joinAsSender, joinAsViewer, joinBoth, OFFER } from "./support/peer.ts";

/** Throws the object out of memory; its sockets stay open, as when it hibernates. */
const sleep = (session: TestSession) => evictDurableObject(stubOf(session), { webSockets: "hibernate" });

describe("a session that sleeps between any two messages", () => {
  it("forgets nothing of a join", async () => {
    const session = await createSession();
    await sleep(session);
    const { peer: viewer, viewer: id } = await joinAsViewer(session);
    expect(await viewer.next("welcome")).toMatchObject({ sender: null });
    await sleep(session);
    const { peer: sender, instance } = await joinAsSender(session);
    expect(await sender.next("welcome")).toMatchObject({ viewers: [{ viewer: id, role: "viewer" }] });
    expect(await viewer.next("sender-online")).toEqual({ type: "sender-online", sender: instance });
    await sleep(session);
    viewer.send(OFFER);
    expect(await sender.next("offer")).toEqual({ ...OFFER, viewer: id });
    await sleep(session);
    viewer.send(CANDIDATE);
    expect(await sender.next("candidate")).toEqual({ ...CANDIDATE, viewer: id });
    await sleep(session);
    sender.send({ type: "answer", connection: 0, sdp: "v=0 answer", viewer: id });
    await viewer.next("answer");
    await sleep(session);
    sender.send({ ...CANDIDATE, viewer: id });
    await viewer.next("candidate");
    await sleep(session);
    viewer.close();
    expect(await sender.next("viewer-left")).toEqual({ type: "viewer-left", viewer: id });
  });

  it("still knows what replaced what, and who has left", async () => {
    const session = await createSession();
    const { sender: old, viewer, id } = await joinBoth(session);
    await sleep(session);
    const { peer: sender } = await joinAsSender(session);
    expect(await old.closed()).toBe(4410);
    await sender.next("welcome");
    await viewer.next("sender-online");
    await sleep(session);
    const { peer: again } = await joinAsViewer(session, { viewer: id });
    await again.next("welcome");
    expect(await viewer.closed()).toBe(4410);
    await sleep(session);
    await sender.quiet();
    sender.close();
    await again.next("sender-offline");
    await sleep(session);
    again.send(OFFER);
    expect(await again.next("error")).toMatchObject({ code: "sender-absent" });
  });

  it("keeps counting a viewer's messages", async () => {
    const session = await createSession();
    const { peer } = await joinAsViewer(session);
    await peer.next("welcome");
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 201; i++) peer.send({ type: "resume", connection: 0 });
      if (round === 0) {
        await peer.quiet();
        await sleep(session);
      }
    }
    expect(await peer.next("error")).toMatchObject({ code: "rate-limited" });
  });

  it("answers pings without waking", async () => {
    const session = await createSession();
    const { viewer } = await joinBoth(session);
    await runInDurableObject(stubOf(session), (_instance, state) => {
      expect(state.getWebSocketAutoResponse()?.request).toBe("ping");
    });
    await sleep(session);
    await viewer.quiet();
    // Eviction is refused for an object that does not run, which is how one sees that the ping did not start it.
    await expect(sleep(session)).rejects.toThrow();
    await runInDurableObject(stubOf(session), (_instance, state) => {
      const [socket] = state.getWebSockets("viewer");
      const pongMs = socket && state.getWebSocketAutoResponseTimestamp(socket)?.getTime();
      expect(pongMs).toBeGreaterThan(Date.now() - 5_000);
    });
  });

  it("keeps parameters and the end of the session", async () => {
    const session = await createSession({ ttlMs: 1_000 });
    const { sender, viewer } = await joinBoth(session);
    const path = `/api/sessions/${session.id}`;
    await call("PATCH", path, { token: session.senderToken, body: { fps: 5 } });
    await sender.next("parameters");
    await sleep(session);
    expect(await (await call("GET", path, { token: session.senderToken })).json()).toMatchObject({
      viewers: 1,
      parameters: { fps: 5 },
    });
    await sleep(session);
    expect(await viewer.closed()).toBe(4411);
  });
});

describe("what a join writes", () => {
  it("is nothing", async () => {
    const session = await createSession();
    const stub = stubOf(session);
    const rows = () => runInDurableObject(stub, (_instance, state) => JSON.stringify([...state.storage.kv.list()]));
    const before = await rows();
    const { sender, viewer } = await joinBoth(session);
    viewer.send(OFFER);
    await sender.next("offer");
    expect(await rows()).toBe(before);
  });
});
