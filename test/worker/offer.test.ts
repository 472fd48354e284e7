import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { SightlineError } from "../../src/protocol/errors.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { CANDIDATES_MAX, VIEWER_OFFERS_MAX } from "../../src/protocol/limits.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { HeldOffers } from "../../src/worker/session/held-offers.ts";
import { call, createSession, errorCode, stubOf, type TestSession } from "./support/api.ts";
import { CANDIDATE, joinAsSender, joinAsViewer, OFFER, type Peer, PROOF } from "./support/peer.ts";
import { createWhepSession, report, senderOf } from "./support/whep.ts";

const { type: _type, ...BODY } = OFFER;
const ANSWER = { type: "answer", connection: 0, sdp: "v=0 answer", proof: PROOF };
const ICE_SERVERS = [{ urls: ["stun:stun.example:3478"] }];

interface Changes {
  token?: string;
  connection?: number;
  sdp?: string;
}

function post(session: TestSession, viewer: string, { token = session.viewerToken, ...body }: Changes = {}) {
  return call("POST", `/api/sessions/${session.id}/offer`, { token, body: { ...BODY, viewer, ...body } });
}

/** Answers the next offer, which must be this viewer's. */
async function answer(sender: Peer, viewer: string, answered = ANSWER): Promise<void> {
  expect(await sender.next("offer")).toMatchObject({ viewer });
  sender.send({ ...answered, viewer });
}

const outcome = async (response: Response) => [response.status, await errorCode(response)];

describe("an offer by HTTP", () => {
  it("reaches the sender with its proof, and brings its answer and ICE servers", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const posted = post(session, viewer);
    expect(await sender.next("offer")).toEqual({ ...OFFER, viewer });
    sender.send({ ...ANSWER, viewer });
    const response = await posted;
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ...ANSWER, iceServers: ICE_SERVERS });
    const operator = makeViewerId();
    const second = post(session, operator, { token: session.operatorToken });
    await answer(sender, operator);
    expect((await second).status).toBe(200);
  });

  it("comes before its viewer's socket, whose candidates wait for it", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const posted = post(session, viewer);
    await sender.next("offer");
    sender.send({ ...CANDIDATE, viewer });
    sender.send({ ...ANSWER, viewer });
    sender.send({ ...CANDIDATE, candidate: null, viewer });
    expect((await posted).status).toBe(200);
    await report(session, sender);
    const { peer } = await joinAsViewer(session, { viewer });
    await peer.next("welcome");
    expect(await peer.next("candidate")).toEqual(CANDIDATE);
    expect(await peer.next("candidate")).toEqual({ ...CANDIDATE, candidate: null });
    expect(await sender.next("viewer-joined")).toEqual({ type: "viewer-joined", viewer, role: "viewer" });
    sender.send({ ...CANDIDATE, viewer });
    await peer.next("candidate");
    await peer.quiet();
  });

  it("keeps only so many candidates for a socket that does not come", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const posted = post(session, viewer);
    await answer(sender, viewer);
    await posted;
    for (let i = 0; i <= CANDIDATES_MAX; i++) sender.send({ ...CANDIDATE, viewer });
    await report(session, sender);
    const { peer } = await joinAsViewer(session, { viewer });
    await peer.next("welcome");
    for (let i = 0; i < CANDIDATES_MAX; i++) await peer.next("candidate");
    await peer.quiet();
  });

  it("has its answer alone when the socket opened meanwhile, and leaves candidates to that", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const posted = post(session, viewer);
    await sender.next("offer");
    const { peer } = await joinAsViewer(session, { viewer });
    await peer.next("welcome");
    await sender.next("viewer-joined");
    sender.send({ ...CANDIDATE, viewer });
    await peer.next("candidate");
    sender.send({ ...ANSWER, viewer });
    expect((await posted).status).toBe(200);
    await peer.quiet();
    sender.send({ ...ANSWER, connection: 1, viewer });
    expect(await peer.next("answer")).toMatchObject({ connection: 1 });
  });

  it("may be repeated while it waits, and is put to the sender once", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const first = post(session, viewer);
    await sender.next("offer");
    const second = post(session, viewer);
    // Calls reach the session in order, so that this one comes behind the second.
    expect(await viewersOf(session)).toBe(1);
    sender.send({ ...ANSWER, viewer });
    for (const response of [await first, await second]) expect(await response.json()).toMatchObject(ANSWER);
    await sender.quiet();
  });

  it("may be repeated after the session slept, and is then put to the sender again", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    for (let round = 0; round < 2; round++) {
      const posted = post(session, viewer);
      await answer(sender, viewer);
      expect((await posted).status).toBe(200);
      await evictDurableObject(stubOf(session), { webSockets: "hibernate" });
    }
  });

  it("gives way to another one for the same connection, by HTTP or by socket", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const first = post(session, viewer);
    await sender.next("offer");
    const second = post(session, viewer, { sdp: "v=0 another" });
    expect(await sender.next("offer")).toMatchObject({ sdp: "v=0 another" });
    expect(await outcome(await first)).toEqual([409, "replaced"]);
    const { peer } = await joinAsViewer(session, { viewer });
    await peer.next("welcome");
    await sender.next("viewer-joined");
    peer.send(OFFER);
    expect(await outcome(await second)).toEqual([409, "replaced"]);
    await answer(sender, viewer);
    await peer.next("answer");
  });

  it("keeps viewers and connections apart", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const [ann, bob] = [makeViewerId(), makeViewerId()];
    const posts = [post(session, ann), post(session, ann, { connection: 1, sdp: "v=0 1" }), post(session, bob)];
    for (const _ of posts) await sender.next("offer");
    expect(await outcome(await post(session, ann, { connection: 2 }))).toEqual([429, "rate-limited"]);
    sender.send({ ...ANSWER, viewer: bob, sdp: "v=0 for bob" });
    sender.send({ ...ANSWER, viewer: ann, connection: 1, sdp: "v=0 for ann 1" });
    sender.send({ ...ANSWER, viewer: ann, sdp: "v=0 for ann" });
    const answers = await Promise.all(posts.map(async (posted) => (await posted).json()));
    expect(answers).toMatchObject([{ sdp: "v=0 for ann" }, { sdp: "v=0 for ann 1" }, { sdp: "v=0 for bob" }]);
  });
});

describe("an offer by HTTP is refused", () => {
  it("without a link's token", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    for (const token of [session.senderToken, session.whepToken]) {
      expect(await outcome(await post(session, viewer, { token }))).toEqual([403, "forbidden"]);
    }
    expect(await outcome(await post(session, viewer, { token: randomToken(32) }))).toEqual([401, "unauthorized"]);
    expect(await outcome(await post({ ...session, id: "nowhere" }, viewer))).toEqual([404, "session-not-found"]);
    await sender.quiet();
  });

  it("when it is not well formed", async () => {
    const session = await createSession();
    const viewer = makeViewerId();
    const offers = [
      post(session, "short"),
      post(session, viewer, { connection: -1 }),
      post(session, viewer, { sdp: "" }),
    ];
    for (const offer of offers) expect(await outcome(await offer)).toEqual([400, "invalid-message"]);
  });

  it("while the sender is absent, or when it goes", async () => {
    const session = await createSession();
    const absent = await post(session, makeViewerId());
    expect(absent.headers.get("Retry-After")).toBeTruthy();
    expect(await outcome(absent)).toEqual([503, "sender-absent"]);
    const { sender } = await senderOf(session);
    const posted = post(session, makeViewerId());
    await sender.next("offer");
    sender.close();
    expect(await outcome(await posted)).toEqual([503, "sender-absent"]);
  });

  it("by the sender, for that connection or the whole viewer", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const posted = post(session, viewer, { connection: 1 });
    await sender.next("offer");
    sender.send({ type: "bye", viewer, connection: 0, code: "sender-failed" });
    sender.send({ type: "bye", viewer, connection: 1, code: "proof-refused", message: "The proof is wrong." });
    const refused = await posted;
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ error: { code: "proof-refused", message: "The proof is wrong." } });
    const faulty = post(session, viewer, { connection: 2 });
    await sender.next("offer");
    const error = { code: "bad-request", message: "The offer has no video section." };
    sender.send({ type: "bye", viewer, connection: 2, ...error });
    const blamed = await faulty;
    expect([blamed.status, await blamed.json()]).toEqual([400, { error }]);
    const again = post(session, viewer);
    await sender.next("offer");
    sender.send({ type: "bye", viewer });
    expect(await outcome(await again)).toEqual([502, "sender-failed"]);
    expect(await viewersOf(session)).toBe(0);
  });

  it("beyond so many of one viewer, and is then not counted as the viewer of another", async () => {
    const session = await createSession();
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    for (let i = 0; i < VIEWER_OFFERS_MAX; i++) {
      const posted = post(session, viewer, { sdp: `v=0 ${i}` });
      await sender.next("offer");
      sender.send({ type: "bye", viewer, connection: 0, code: "sender-failed" });
      expect((await posted).status).toBe(502);
    }
    for (let i = 0; i < 2; i++) expect(await outcome(await post(session, viewer))).toEqual([429, "rate-limited"]);
    await sender.quiet();
    const other = makeViewerId();
    const posted = post(session, other);
    await answer(sender, other);
    expect((await posted).status).toBe(200);
  });

  it("beyond maxViewers, counting those who wait for their socket", async () => {
    const session = await createSession({ maxViewers: 1 });
    const { sender } = await senderOf(session);
    const viewer = makeViewerId();
    const posted = post(session, viewer);
    await answer(sender, viewer);
    await posted;
    expect(await outcome(await post(session, makeViewerId()))).toEqual([503, "session-full"]);
    const { peer: stranger } = await joinAsViewer(session);
    expect(await stranger.closed()).toBe(4503);
    const { peer } = await joinAsViewer(session, { viewer });
    await peer.next("welcome");
  });

  it("no longer once that viewer has left by its socket, answered or not", async () => {
    const session = await createSession({ maxViewers: 1 });
    const { sender } = await senderOf(session);
    for (const answered of [true, false]) {
      const viewer = makeViewerId();
      const posted = post(session, viewer);
      await sender.next("offer");
      const { peer } = await joinAsViewer(session, { viewer });
      await peer.next("welcome");
      await sender.next("viewer-joined");
      if (answered) sender.send({ ...ANSWER, viewer });
      if (answered) await posted;
      peer.send({ type: "bye" });
      peer.close();
      await sender.next("bye");
      await sender.next("viewer-left");
      expect((await posted).status).toBe(answered ? 200 : 502);
      expect(await viewersOf(session)).toBe(0);
    }
  });

  it("when its viewer is kicked, its link replaced, or the session ended, though it waits", async () => {
    const session = await createSession();
    const { peer: sender } = await joinAsSender(session);
    await sender.next("welcome");
    const owner = { token: session.senderToken };
    const path = `/api/sessions/${session.id}`;
    const viewer = makeViewerId();
    const kicked = post(session, viewer);
    await sender.next("offer");
    expect((await call("DELETE", `${path}/viewers/${viewer}`, owner)).status).toBe(204);
    expect(await outcome(await kicked)).toEqual([403, "kicked"]);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer, code: "kicked" });

    const operator = makeViewerId();
    const stays = post(session, operator, { token: session.operatorToken });
    await sender.next("offer");
    const rotated = post(session, viewer);
    await sender.next("offer");
    await call("PUT", `${path}/links`, { ...owner, body: { viewerTokenHash: hashToken(randomToken(32)) } });
    expect(await outcome(await rotated)).toEqual([403, "link-rotated"]);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer, code: "link-rotated" });
    sender.send({ ...ANSWER, viewer: operator });
    expect((await stays).status).toBe(200);

    const ended = post(session, operator, { token: session.operatorToken });
    await sender.next("offer");
    await call("DELETE", path, owner);
    expect(await outcome(await ended)).toEqual([410, "session-ended"]);
  });
});

describe("requests that are held open", () => {
  it("leave no timer behind, however they end", async () => {
    vi.useFakeTimers();
    try {
      const held = new HeldOffers();
      const [viewer, other] = [makeViewerId(), makeViewerId()];
      const answered = held.hold({ ...OFFER, type: "offer", viewer });
      const refused = held.hold({ ...OFFER, type: "offer", viewer: other });
      expect(vi.getTimerCount()).toBe(2);
      held.answer(viewer, { type: "answer", connection: 0, sdp: "v=0" });
      held.refuse(new SightlineError("kicked"), other);
      expect(await answered).toMatchObject({ sdp: "v=0" });
      await expect(refused).rejects.toThrow(new SightlineError("kicked"));
      expect(vi.getTimerCount()).toBe(0);
      expect(held.list()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

async function viewersOf(session: TestSession): Promise<number> {
  const response = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
  return ((await response.json()) as { viewers: number }).viewers;
}
