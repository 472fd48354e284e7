import { afterEach, expect, it, vi } from "vitest";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { call, createSession, type TestSession } from "./support/api.ts";
import { joinAsSender, joinAsViewer, OFFER, PROOF } from "./support/peer.ts";

/** Longer than a viewer may be silent in a full session. */
const LONG_MS = 100_000;

afterEach(() => void vi.useRealTimers());

/** A session of one place, whose viewer came long ago and was not heard since. */
async function taken() {
  const session = await createSession({ maxViewers: 1 });
  const { peer: sender } = await joinAsSender(session);
  await sender.next("welcome");
  vi.useFakeTimers({ now: Date.now() - LONG_MS, toFake: ["Date"] });
  const { peer: viewer, viewer: id } = await joinAsViewer(session);
  await viewer.next("welcome");
  vi.useRealTimers();
  await sender.next("viewer-joined");
  return { session, sender, viewer, id };
}

const viewersOf = async (session: TestSession) => {
  const status = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
  return ((await status.json()) as { viewers: number }).viewers;
};

it("a viewer that vanished yields its place to the next, in a way that lets it come back", async () => {
  const { session, sender, viewer, id } = await taken();
  expect(await viewersOf(session)).toBe(1);
  const { peer: next, viewer: nextId } = await joinAsViewer(session);
  await next.next("welcome");
  expect(await viewer.next("error")).toMatchObject({ code: "conflict" });
  expect(await viewer.closed()).toBe(4409);
  expect(await sender.next("viewer-left")).toEqual({ type: "viewer-left", viewer: id });
  expect(await sender.next("viewer-joined")).toMatchObject({ viewer: nextId });
  expect(await viewersOf(session)).toBe(1);
});

it("and to one who offers by HTTP", async () => {
  const { session, sender, viewer } = await taken();
  const { type: _type, ...offer } = OFFER;
  const body = { ...offer, viewer: makeViewerId() };
  const posted = call("POST", `/api/sessions/${session.id}/offer`, { token: session.viewerToken, body });
  await sender.next("viewer-left");
  await sender.next("offer");
  sender.send({ type: "answer", connection: 0, sdp: "v=0", proof: PROOF, viewer: body.viewer });
  expect((await posted).status).toBe(200);
  expect(await viewer.closed()).toBe(4409);
});

it("a viewer that pings keeps its place, however long it watches", async () => {
  const { session, viewer } = await taken();
  await viewer.quiet();
  const { peer: next } = await joinAsViewer(session);
  expect(await next.next("error")).toMatchObject({ code: "session-full" });
  await viewer.quiet();
});
