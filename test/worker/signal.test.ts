import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { ERRORS } from "../../src/protocol/errors.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { CANDIDATES_MAX, SUBPROTOCOL, VIEWER_MESSAGES_MAX, VIEWER_OFFERS_MAX } from "../../src/protocol/limits.ts";
import { call, createSession, PUBLISH_KEY } from "./support/api.ts";
import { CANDIDATE, joinAsSender, joinAsViewer, joinBoth, OFFER, open, PROOF } from "./support/peer.ts";

const ICE_SERVERS = [{ urls: ["stun:stun.example:3478"] }];

describe("joining", () => {
  it("welcomes a viewer, in the role of its token, and tells the sender", async () => {
    const session = await createSession();
    const { peer: sender, instance } = await joinAsSender(session);
    expect(await sender.next("welcome")).toEqual({
      type: "welcome",
      iceServers: ICE_SERVERS,
      viewers: [],
      parameters: {},
      standby: true,
    });
    const { peer, viewer } = await joinAsViewer(session, { token: session.operatorToken });
    expect(peer.protocol).toBe(SUBPROTOCOL);
    expect(await peer.next("welcome")).toEqual({
      type: "welcome",
      role: "operator",
      iceServers: ICE_SERVERS,
      sender: instance,
    });
    expect(await sender.next("viewer-joined")).toEqual({ type: "viewer-joined", viewer, role: "operator" });
  });

  it("lets a viewer wait for the sender", async () => {
    const session = await createSession();
    const { peer, viewer } = await joinAsViewer(session);
    expect(await peer.next("welcome")).toMatchObject({ sender: null });
    const { peer: sender, instance } = await joinAsSender(session);
    expect(await sender.next("welcome")).toMatchObject({ viewers: [{ viewer, role: "viewer" }] });
    expect(await peer.next("sender-online")).toEqual({ type: "sender-online", sender: instance });
    sender.close();
    expect(await peer.next("sender-offline")).toEqual({ type: "sender-offline" });
  });

  it("answers pings by itself", async () => {
    const { viewer } = await joinBoth(await createSession());
    await viewer.quiet();
  });

  it.each([
    [
      "a wrong token",
      4401,
      "unauthorized",
      () => [SUBPROTOCOL, `token.${randomToken(32)}`, `viewer.${makeViewerId()}`],
    ],
    ["no token", 4401, "unauthorized", () => [SUBPROTOCOL, `viewer.${makeViewerId()}`]],
    ["another version", 4426, "version-unsupported", () => ["sightline.2", `viewer.${makeViewerId()}`]],
    ["no version", 4400, "bad-request", () => [`viewer.${makeViewerId()}`]],
    ["no peer id", 4400, "bad-request", () => [SUBPROTOCOL, `token.${randomToken(32)}`]],
  ])("refuses %s with an error that a page can read", async (_name, close, code, protocols) => {
    const peer = await open((await createSession()).id, protocols());
    expect(await peer.next("error")).toMatchObject({ code, message: expect.any(String) });
    expect(await peer.closed()).toBe(close);
  });

  it("speaks to a viewer of the link, and to a sender of who has its session", async () => {
    const session = await createSession();
    const { peer: viewer } = await joinAsViewer(session, { token: randomToken(32) });
    expect(await viewer.next("error")).toMatchObject({ code: "unauthorized", message: ERRORS.unauthorized.message });
    const { peer: sender } = await joinAsSender(session, { token: randomToken(32) });
    const { code, message } = await sender.next("error");
    expect(code).toBe("unauthorized");
    expect(message).toContain(`This token is not valid for session ${session.id}: another sender has it.`);
  });

  it("refuses a viewer's token to a sender, and a sender's to a viewer", async () => {
    const session = await createSession();
    const { peer: sender } = await joinAsSender(session, { token: session.viewerToken });
    expect(await sender.next("error")).toMatchObject({ code: "forbidden" });
    expect(await sender.closed()).toBe(4403);
    const { peer: viewer } = await joinAsViewer(session, { token: session.senderToken });
    expect(await viewer.closed()).toBe(4403);
  });

  it.each(["unknown-session", "x"])("answers 4404 for the session %s", async (id) => {
    const peer = await open(id, [SUBPROTOCOL, `token.${randomToken(32)}`, `viewer.${makeViewerId()}`]);
    expect(await peer.next("error")).toMatchObject({ code: "session-not-found" });
    expect(await peer.closed()).toBe(4404);
  });

  it("is full at maxViewers, though not for who is in", async () => {
    const session = await createSession({ maxViewers: 1 });
    const { peer, viewer } = await joinAsViewer(session);
    await peer.next("welcome");
    const { peer: second } = await joinAsViewer(session);
    expect(await second.next("error")).toMatchObject({ code: "session-full" });
    expect(await second.closed()).toBe(4503);
    const { peer: again } = await joinAsViewer(session, { viewer });
    await again.next("welcome");
  });
});

describe("relaying", () => {
  it("carries offer, answer, candidates, resume and bye, saying whose they are", async () => {
    const { sender, viewer, id } = await joinBoth(await createSession());
    viewer.send(OFFER);
    expect(await sender.next("offer")).toEqual({ ...OFFER, viewer: id });
    const answer = { type: "answer", connection: 0, sdp: "v=0 answer", proof: PROOF };
    sender.send({ ...answer, viewer: id });
    expect(await viewer.next("answer")).toEqual(answer);
    viewer.send(CANDIDATE);
    expect(await sender.next("candidate")).toEqual({ ...CANDIDATE, viewer: id });
    sender.send({ ...CANDIDATE, candidate: null, viewer: id });
    expect(await viewer.next("candidate")).toEqual({ ...CANDIDATE, candidate: null });
    viewer.send({ type: "resume", connection: 0 });
    expect(await sender.next("resume")).toEqual({ type: "resume", connection: 0, viewer: id });
    sender.send({ type: "renew", connection: 0, viewer: id });
    expect(await viewer.next("renew")).toEqual({ type: "renew", connection: 0 });
    sender.send({ type: "bye", connection: 0, code: "sender-failed", viewer: id });
    expect(await viewer.next("bye")).toEqual({ type: "bye", connection: 0, code: "sender-failed" });
    viewer.send({ type: "bye" });
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer: id });
    viewer.close();
    expect(await sender.next("viewer-left")).toEqual({ type: "viewer-left", viewer: id });
    sender.send({ type: "renew", connection: 0, viewer: id });
    await sender.quiet();
  });

  it("keeps viewers apart", async () => {
    const session = await createSession();
    const { sender, viewer: ann, id: annId } = await joinBoth(session);
    const { peer: bob, viewer: bobId } = await joinAsViewer(session);
    await bob.next("welcome");
    await sender.next("viewer-joined");
    ann.send({ ...OFFER, sdp: "v=0 ann" });
    bob.send({ ...OFFER, sdp: "v=0 bob" });
    const offers = [await sender.next("offer"), await sender.next("offer")];
    expect(Object.fromEntries(offers.map((offer) => [offer.viewer, offer.sdp]))).toEqual({
      [annId]: "v=0 ann",
      [bobId]: "v=0 bob",
    });
    sender.send({ type: "answer", connection: 0, sdp: "v=0 for bob", viewer: bobId });
    expect(await bob.next("answer")).toMatchObject({ sdp: "v=0 for bob" });
    await ann.quiet();
    sender.send({ type: "answer", connection: 0, sdp: "v=0 for ann", viewer: annId });
    expect(await ann.next("answer")).toMatchObject({ sdp: "v=0 for ann" });
    await bob.quiet();
  });

  it("does not let a viewer speak for another or as WHEP", async () => {
    const { sender, viewer, id } = await joinBoth(await createSession());
    viewer.send({ ...OFFER, viewer: makeViewerId(), whep: true });
    expect(await sender.next("offer")).toEqual({ ...OFFER, viewer: id });
  });

  it("tells a viewer that offers to nobody, and keeps its socket", async () => {
    const { peer } = await joinAsViewer(await createSession());
    await peer.next("welcome");
    peer.send(OFFER);
    expect(await peer.next("error")).toMatchObject({ code: "sender-absent" });
    await peer.quiet();
  });
});

describe("a socket that replaces another", () => {
  it("takes the place of an old sender, which is told", async () => {
    const session = await createSession();
    const { sender: old, viewer } = await joinBoth(session);
    const { peer: sender, instance } = await joinAsSender(session);
    expect(await old.next("error")).toMatchObject({ code: "replaced" });
    expect(await old.closed()).toBe(4410);
    await sender.next("welcome");
    expect(await viewer.next("sender-online")).toEqual({ type: "sender-online", sender: instance });
    await viewer.quiet();
    viewer.send(OFFER);
    await sender.next("offer");
  });

  it("takes the place of the same viewer without the sender noticing", async () => {
    const session = await createSession();
    const { sender, viewer: old, id } = await joinBoth(session);
    const { peer: viewer } = await joinAsViewer(session, { viewer: id });
    await viewer.next("welcome");
    expect(await old.closed()).toBe(4410);
    await sender.quiet();
    viewer.send(OFFER);
    expect(await sender.next("offer")).toMatchObject({ viewer: id });
    sender.send({ type: "answer", connection: 0, sdp: "v=0 answer", viewer: id });
    await viewer.next("answer");
  });
});

describe("a peer that breaks the rules", () => {
  it.each([
    ["not JSON", "hello", "invalid-json", 4400],
    ["binary", new ArrayBuffer(8), "invalid-json", 4400],
    ["no object", "[]", "unknown-type", 4400],
    ["of no known type", { type: "teapot" }, "unknown-type", 4400],
    ["of the sender's types", { type: "report" }, "unknown-type", 4400],
    ["missing a field", { type: "offer" }, "invalid-message", 4400],
    ["too large", { ...OFFER, sdp: "x".repeat(70_000) }, "message-too-large", 1009],
  ])("is closed for a message that is %s, and disturbs nobody", async (_name, message, code, close) => {
    const session = await createSession();
    const { sender, viewer: bystander } = await joinBoth(session);
    const { peer, viewer } = await joinAsViewer(session);
    await peer.next("welcome");
    await sender.next("viewer-joined");
    peer.send(message);
    expect(await peer.next("error")).toMatchObject({ code });
    expect(await peer.closed()).toBe(close);
    expect(await sender.next("viewer-left")).toEqual({ type: "viewer-left", viewer });
    await bystander.quiet();
    await sender.quiet();
    bystander.send(OFFER);
    await sender.next("offer");
  });

  it("is closed as the sender too, and the viewers are told", async () => {
    const { sender, viewer } = await joinBoth(await createSession());
    sender.send("hello");
    expect(await sender.next("error")).toMatchObject({ code: "invalid-json" });
    expect(await sender.closed()).toBe(4400);
    await viewer.next("sender-offline");
    await viewer.quiet();
  });

  it("is slowed down when it floods", async () => {
    const { peer } = await joinAsViewer(await createSession());
    await peer.next("welcome");
    for (let i = 0; i <= VIEWER_MESSAGES_MAX; i++) peer.send({ type: "resume", connection: 0 });
    expect(await peer.next("error")).toMatchObject({ code: "rate-limited" });
    expect(await peer.closed()).toBe(4429);
  });

  it("may offer so often and no more, also on the next socket, which takes its place or comes after it", async () => {
    const session = await createSession();
    const { sender, viewer, id } = await joinBoth(session);
    const offers = async (peer: typeof viewer, count: number) => {
      for (let i = 0; i < count; i++) peer.send(OFFER);
      for (let i = 0; i < count; i++) await sender.next("offer");
    };
    await offers(viewer, 10);
    const { peer: second } = await joinAsViewer(session, { viewer: id });
    await second.next("welcome");
    await offers(second, VIEWER_OFFERS_MAX - 10);
    second.close();
    await sender.next("viewer-left");
    for (let i = 0; i < 2; i++) {
      const { peer } = await joinAsViewer(session, { viewer: id });
      await peer.next("welcome");
      await sender.next("viewer-joined");
      peer.send(OFFER);
      expect(await peer.next("error")).toMatchObject({ code: "rate-limited" });
      expect(await peer.closed()).toBe(4429);
      await sender.next("viewer-left");
    }
    const { peer: other } = await joinAsViewer(session);
    await other.next("welcome");
    await sender.next("viewer-joined");
    await offers(other, 1);
  });

  it("may send so many candidates for an offer and no more", async () => {
    const { sender, viewer } = await joinBoth(await createSession());
    for (const connection of [0, 1]) {
      viewer.send({ ...OFFER, connection });
      await sender.next("offer");
      for (let i = 0; i < CANDIDATES_MAX; i++) viewer.send({ ...CANDIDATE, connection });
      for (let i = 0; i < CANDIDATES_MAX; i++) await sender.next("candidate");
    }
    viewer.send(CANDIDATE);
    expect(await viewer.next("error")).toMatchObject({ code: "rate-limited" });
  });
});

describe("the sender's report", () => {
  it("shows in the session's status while that sender is here", async () => {
    const session = await createSession();
    const { sender, instance } = await joinBoth(session);
    const camera = { name: "Ж".repeat(200), width: 1280, height: 720, fps: 30, encoder: "libx264" };
    const report = { cameras: Array.from({ length: 16 }, () => camera), parameters: { fps: 30 } };
    sender.send({ type: "report", report });
    await sender.quiet();
    const path = `/api/sessions/${session.id}`;
    const status = async (token: string) => (await (await call("GET", path, { token })).json()) as { report: unknown };
    for (const token of [session.senderToken, PUBLISH_KEY]) {
      expect(await status(token)).toMatchObject({ sender: instance, viewers: 1, report });
    }
    // What the cameras are called, an address perhaps, is the owner's business.
    const { name: _owners, ...shown } = camera;
    const others = { ...report, cameras: report.cameras.map(() => shown) };
    for (const token of [session.viewerToken, session.operatorToken]) {
      expect((await status(token)).report).toEqual(others);
    }
    sender.close();
    await sender.closed();
    expect(await (await call("GET", path, { token: session.viewerToken })).json()).toMatchObject({
      sender: null,
      report: null,
    });
  });
});
