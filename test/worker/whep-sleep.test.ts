import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { call, stubOf, type TestSession } from "./support/api.ts";
import { joinAsSender } from "./support/peer.ts";
import { createWhepSession, http, postWhep, senderOf, trickle, watch } from "./support/whep.ts";

const sleep = (session: TestSession) => evictDurableObject(stubOf(session), { webSockets: "hibernate" });

const keys = (session: TestSession) =>
  runInDurableObject(stubOf(session), (_instance, state) => Array.from(state.storage.kv.list(), ([key]) => key));

describe("a session that sleeps between any two calls of a WHEP player", () => {
  it("still knows its resource and its ETag", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    await sleep(session);
    const { viewer, resource, etag } = await watch(session, sender);
    await sleep(session);
    expect((await trickle(session, resource, { "If-Match": '"other"' })).status).toBe(412);
    await sleep(session);
    expect((await trickle(session, resource, { "If-Match": etag })).status).toBe(204);
    expect(await sender.next("candidate")).toMatchObject({ viewer });
    await sleep(session);
    const status = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await status.json()).toMatchObject({ viewers: 1 });
    await sleep(session);
    expect((await http("DELETE", resource, { token: session.whepToken })).status).toBe(200);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer });
    await sleep(session);
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(404);
  });

  it("still tells the sender of a kick and of WHEP turned off", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const owner = { token: session.senderToken };
    const [first, second] = [await watch(session, sender), await watch(session, sender)];
    await sleep(session);
    await call("DELETE", `/api/sessions/${session.id}/viewers/${first.viewer}`, owner);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer: first.viewer, code: "kicked" });
    await sleep(session);
    await call("PUT", `/api/sessions/${session.id}/links`, { ...owner, body: { whepTokenHash: null } });
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer: second.viewer, code: "link-rotated" });
    expect((await keys(session)).filter((key) => key.startsWith("whep:"))).toEqual([]);
  });

  it("forgets a player with the sender that served it", async () => {
    const session = await createWhepSession({ maxViewers: 1 });
    const { sender } = await senderOf(session);
    const { resource } = await watch(session, sender);
    sender.close();
    await sender.closed();
    await sleep(session);
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(204);
    const { peer: another } = await joinAsSender(session);
    await another.next("welcome");
    await sleep(session);
    await watch(session, another);
  });
});

describe("what a WHEP player writes", () => {
  it("is one row when it joins, gone when it leaves", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const before = await keys(session);
    const posted = postWhep(session);
    const { viewer } = await sender.next("offer");
    expect(await keys(session)).toEqual(before);
    sender.send({ type: "answer", viewer, connection: 0, sdp: "v=0" });
    const { headers } = await posted;
    expect(await keys(session)).toEqual([...before, `whep:${viewer}`]);
    const resource = headers.get("Location") ?? "";
    await trickle(session, resource, { "If-Match": "*" });
    expect(await keys(session)).toHaveLength(before.length + 1);
    await http("DELETE", resource, { token: session.whepToken });
    expect(await keys(session)).toEqual(before);
  });
});
