import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { Kicks } from "../../src/worker/session/kicks.ts";
import { call, createSession, stubOf, type TestSession } from "./support/api.ts";
import { joinAsSender, joinAsViewer, joinBoth, OFFER, type Peer } from "./support/peer.ts";
import { createWhepSession, http, senderOf, watch } from "./support/whep.ts";

const sleep = (session: TestSession) => evictDurableObject(stubOf(session), { webSockets: "hibernate" });

async function kick(session: TestSession, viewer: string): Promise<void> {
  const path = `/api/sessions/${session.id}/viewers/${viewer}`;
  expect((await call("DELETE", path, { token: session.senderToken })).status).toBe(204);
}

async function goes(sender: Peer): Promise<void> {
  sender.close();
  await sender.closed();
}

/** The same sender on another socket. */
async function comes(session: TestSession, instance: string): Promise<Peer> {
  const { peer } = await joinAsSender(session, { instance });
  await peer.next("welcome");
  return peer;
}

describe("a sender that could not be told of a kick", () => {
  it("hears of it whenever it comes, for a socket may have been dead", async () => {
    const session = await createSession();
    const { sender, instance, id } = await joinBoth(session);
    await goes(sender);
    await kick(session, id);
    for (let i = 0; i < 2; i++) {
      await sleep(session);
      const again = await comes(session, instance);
      expect(await again.next("bye")).toEqual({ type: "bye", viewer: id, code: "kicked" });
      await again.quiet();
    }
  });

  it("hears of a WHEP player too, and not that it is still there", async () => {
    const session = await createWhepSession();
    const { sender, instance } = await senderOf(session);
    const [out, stays] = [await watch(session, sender), await watch(session, sender)];
    await goes(sender);
    await kick(session, out.viewer);
    expect((await http("GET", out.resource, { token: session.whepToken })).status).toBe(404);
    const again = await comes(session, instance);
    expect(await again.next("bye")).toEqual({ type: "bye", viewer: out.viewer, code: "kicked" });
    expect(await again.next("resume")).toMatchObject({ viewer: stays.viewer });
    await again.quiet();
  });

  it("hears of it also where the viewer has a socket again, and has offered nothing that was taken", async () => {
    const session = await createSession();
    const { sender, instance, id } = await joinBoth(session);
    await goes(sender);
    await kick(session, id);
    const { peer: viewer } = await joinAsViewer(session, { viewer: id });
    await viewer.next("welcome");
    viewer.send(OFFER);
    expect(await viewer.next("error")).toMatchObject({ code: "sender-absent" });
    const again = await comes(session, instance);
    expect(await again.next("bye")).toMatchObject({ viewer: id, code: "kicked" });
  });
});

describe("a viewer that could not be told of a kick", () => {
  it.each(["its socket", "HTTP"])("hears of it once when it comes back by %s", async (way) => {
    const session = await createSession();
    const { sender, viewer, id } = await joinBoth(session);
    viewer.close();
    await viewer.closed();
    await sender.next("viewer-left");
    await call("DELETE", `/api/sessions/${session.id}/viewers/${id}`, { token: session.senderToken });
    expect(await sender.next("bye")).toMatchObject({ viewer: id, code: "kicked" });
    if (way === "HTTP") {
      const body = { viewer: id, connection: 1, sdp: "v=0 offer" };
      const posted = await call("POST", `/api/sessions/${session.id}/offer`, { token: session.viewerToken, body });
      expect(posted.status).toBe(403);
    } else {
      const { peer: back } = await joinAsViewer(session, { viewer: id });
      expect(await back.next("error")).toMatchObject({ code: "kicked" });
      expect(await back.closed()).toBe(4430);
    }
    await sender.quiet();
    // From here on it is a person who wants to come back.
    const { peer: again } = await joinAsViewer(session, { viewer: id });
    await again.next("welcome");
  });
});

describe("a sender that could not be told of links that were replaced", () => {
  it("hears of a WHEP player whose token is another now", async () => {
    const session = await createWhepSession();
    const { sender, instance } = await senderOf(session);
    const { viewer } = await watch(session, sender);
    await goes(sender);
    const path = `/api/sessions/${session.id}/links`;
    expect((await call("PUT", path, { token: session.senderToken, body: { whepTokenHash: null } })).status).toBe(204);
    const again = await comes(session, instance);
    expect(await again.next("bye")).toMatchObject({ viewer });
    await again.quiet();
  });
});

it.each(["its socket", "HTTP"])(
  "a kicked viewer that offers anew by %s is let in: nobody hears of that kick",
  async (way) => {
    const session = await createSession();
    const { sender, instance, id } = await joinBoth(session);
    await kick(session, id);
    for (const type of ["bye", "viewer-left"]) await sender.next(type);
    if (way === "HTTP") {
      const body = { viewer: id, connection: 1, sdp: "v=0 offer" };
      const posted = call("POST", `/api/sessions/${session.id}/offer`, { token: session.viewerToken, body });
      await sender.next("offer");
      sender.send({ type: "answer", viewer: id, connection: 1, sdp: "v=0 answer" });
      expect((await posted).status).toBe(200);
    } else {
      const { peer: viewer } = await joinAsViewer(session, { viewer: id });
      await sender.next("viewer-joined");
      viewer.send(OFFER);
      await sender.next("offer");
    }
    await goes(sender);
    await (await comes(session, instance)).quiet();
  },
);

it("of the kicks of a session the last hundred are remembered", async () => {
  const session = await createSession();
  const { instance, sender } = await joinBoth(session);
  await goes(sender);
  const ids = Array.from({ length: 101 }, (_, i) => String(i).padStart(22, "v"));
  const path = `/api/sessions/${session.id}/viewers`;
  // The first is kicked once more.
  for (const id of [...ids, ids[0]]) await call("DELETE", `${path}/${id}`, { token: session.senderToken });
  const again = await comes(session, instance);
  const heard: string[] = [];
  for (let i = 0; i < 100; i++) heard.push((await again.next("bye")).viewer);
  expect(heard).toEqual([...ids.slice(2), ids[0]]);
  await again.quiet();
});

it("who is still to be told of a kick is not forgotten for those who were told", async () => {
  const session = await createSession();
  const { sender, viewer, id } = await joinBoth(session);
  viewer.close();
  await viewer.closed();
  await sender.next("viewer-left");
  await call("DELETE", `/api/sessions/${session.id}/viewers/${id}`, { token: session.senderToken });
  const told = Array.from({ length: 100 }, (_, i) => String(i).padStart(22, "v"));
  const listed = await runInDurableObject(stubOf(session), (_instance, state) => {
    const kicks = new Kicks(state.storage.kv);
    // As when a link is replaced that so many hold.
    kicks.remember(told, true);
    return kicks.list();
  });
  expect(listed).toEqual([id, ...told.slice(1)]);
  const untold = Array.from({ length: 100 }, (_, i) => String(i).padStart(22, "u"));
  const others = await createSession();
  await runInDurableObject(stubOf(others), (_instance, state) => {
    const kicks = new Kicks(state.storage.kv);
    for (const each of untold) kicks.remember([each], false);
    kicks.remember(["w".repeat(22)], true);
    expect(kicks.list()).toEqual([...untold.slice(1), "w".repeat(22)]);
    for (const each of told) kicks.remember([each], true);
    expect(kicks.list()).toEqual([...untold.slice(50), ...told.slice(50)]);
  });
  const { peer: back } = await joinAsViewer(session, { viewer: id });
  expect(await back.next("error")).toMatchObject({ code: "kicked" });
});

it("kicks that an earlier edge wrote down in its own way keep nobody out of the session", async () => {
  const session = await createSession();
  await runInDurableObject(stubOf(session), (_instance, state) => state.storage.kv.put("kicked", ["v".repeat(22)]));
  const { sender, viewer, id } = await joinBoth(session);
  await kick(session, id);
  expect(await viewer.next("error")).toMatchObject({ code: "kicked" });
  expect(await sender.next("bye")).toMatchObject({ viewer: id });
});
