import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { call, createSession, errorCode, PUBLISH_KEY } from "./support/api.ts";
import { joinAsSender, joinAsViewer } from "./support/peer.ts";
import {
  ANSWER_SDP,
  createWhepSession,
  http,
  PLAYER_OFFER,
  postWhep,
  report,
  senderOf,
  type WhepSession,
  watch,
  whepPath,
} from "./support/whep.ts";

const SDP = { "Content-Type": "application/sdp" };
const ANSWER_JSON = JSON.stringify({ type: "answer", sdp: ANSWER_SDP });

describe("a WHEP offer", () => {
  it("reaches the sender without a proof, and its answer comes back with all that a player needs", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const posted = postWhep(session);
    const offer = await sender.next("offer");
    expect(offer).toMatchObject({ type: "offer", connection: 0, sdp: PLAYER_OFFER, whep: true });
    expect(offer.proof).toBeUndefined();
    sender.send({ type: "answer", viewer: offer.viewer, connection: 0, sdp: ANSWER_SDP });
    const response = await posted;
    expect(response.status).toBe(201);
    // As bytes: the runtime warns when text is read that is not called text.
    expect(await response.bytes()).toEqual(new TextEncoder().encode(ANSWER_SDP));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/sdp",
      location: `${whepPath(session)}/${offer.viewer}`,
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      "accept-patch": "application/trickle-ice-sdpfrag",
      link: '<stun:stun.example:3478>; rel="ice-server"',
      "access-control-allow-origin": "*",
    });
    const exposed = response.headers.get("Access-Control-Expose-Headers")?.split(", ");
    expect(exposed).toEqual(expect.arrayContaining(["Location", "ETag", "Link", "Accept-Patch"]));
  });

  it("may be JSON with fields of its own, and is then answered in JSON", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const body = JSON.stringify({ sdp: PLAYER_OFFER, type: "offer", detectorName: "people", video_transform: "none" });
    const posted = postWhep(session, { body, "Content-Type": "application/json; charset=utf-8" });
    const { viewer, sdp } = await sender.next("offer");
    expect(sdp).toBe(PLAYER_OFFER);
    sender.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
    const response = await posted;
    expect(response.ok).toBe(true);
    expect(await response.json()).toEqual({ status: "success", type: "answer", sdp: ANSWER_SDP });
    expect(response.headers.get("Location")).toBe(`${whepPath(session)}/${viewer}`);
    expect(response.headers.get("ETag")).toBeTruthy();
  });

  it("is answered in the form that Accept asks for", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const posted = postWhep(session, { Accept: "application/json, application/sdp;q=0" });
    const { viewer } = await sender.next("offer");
    sender.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
    expect(await (await posted).json()).toMatchObject({ sdp: ANSWER_SDP });
  });

  it("gets each player a resource of its own, whatever it offers", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const [first, second] = [await watch(session, sender), await watch(session, sender)];
    expect(first.resource).not.toBe(second.resource);
    const status = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await status.json()).toMatchObject({ viewers: 2, whep: true });
  });
});

describe("a WHEP offer is refused", () => {
  it.each<[string, number, string, Record<string, string>]>([
    ["of another type", 415, "unsupported-media-type", { "Content-Type": "text/plain" }],
    ["that accepts no answer", 406, "not-acceptable", { Accept: "text/html, application/*;q=0" }],
    ["that is empty", 400, "bad-request", { body: "" }],
    ["that is no SDP", 400, "bad-request", { body: "hello" }],
    ["without media", 400, "bad-request", { body: "v=0\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\n" }],
    ["without ICE credentials", 400, "bad-request", { body: "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n" }],
    ["that is too large", 413, "message-too-large", { body: `${PLAYER_OFFER}a=${"x".repeat(50_000)}\r\n` }],
    ["in JSON that is none", 400, "invalid-json", { "Content-Type": "application/json" }],
    ["in JSON of an answer", 400, "invalid-message", { "Content-Type": "application/json", body: ANSWER_JSON }],
    ["with a wrong token", 401, "unauthorized", { token: randomToken(32) }],
  ])("%s", async (_name, status, code, options) => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const response = await postWhep(session, options);
    expect(response.status).toBe(status);
    expect(await errorCode(response)).toBe(code);
    expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
    await sender.quiet();
  });

  it("without a token, or with one of another kind", async () => {
    const session = await createWhepSession();
    const anonymous = await http("POST", whepPath(session), { body: PLAYER_OFFER, headers: SDP });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get("WWW-Authenticate")).toBe("Bearer");
    for (const token of [session.viewerToken, session.operatorToken, session.senderToken]) {
      const response = await postWhep(session, { token });
      expect([response.status, await errorCode(response)]).toEqual([403, "forbidden"]);
    }
    expect((await postWhep(session, { token: PUBLISH_KEY })).status).toBe(401);
  });

  it("while WHEP is off, and where there is no session", async () => {
    const off = { ...(await createSession()), whepToken: randomToken(32) };
    const response = await postWhep(off);
    expect([response.status, await errorCode(response)]).toEqual([403, "whep-off"]);
    const nowhere = await postWhep({ ...off, id: "nowhere" });
    expect([nowhere.status, await errorCode(nowhere)]).toEqual([404, "session-not-found"]);
  });

  it("while the sender is absent, saying when to come again", async () => {
    const response = await postWhep(await createWhepSession());
    expect([response.status, await errorCode(response)]).toEqual([503, "sender-absent"]);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
  });

  it("as a conflict while the camera is paused", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    await report(session, sender, { paused: true });
    const response = await postWhep(session);
    expect([response.status, await errorCode(response)]).toEqual([409, "conflict"]);
    expect(Number(response.headers.get("Retry-After"))).toBeGreaterThan(0);
    await sender.quiet();
  });

  it.each([
    ["proof-refused", 403],
    ["session-full", 503],
    ["sender-failed", 502],
    ["bad-request", 400],
    [undefined, 502],
  ])("by the sender, with its code %s", async (code, status) => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const posted = postWhep(session);
    const { viewer } = await sender.next("offer");
    sender.send({ type: "bye", viewer, connection: 0, code });
    const response = await posted;
    expect([response.status, await errorCode(response)]).toEqual([status, code ?? "sender-failed"]);
    await expectViewers(session, 0);
  });

  it.each<[string, Record<string, string>]>([
    ["SDP", SDP],
    ["JSON", { "Content-Type": "application/json", body: JSON.stringify({ type: "offer", sdp: PLAYER_OFFER }) }],
  ])("by the sender in its own words, in either form: %s", async (_form, offer) => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const posted = postWhep(session, offer);
    const { viewer } = await sender.next("offer");
    const message = "The offer takes no H.264, the one codec that Sightline sends.";
    sender.send({ type: "bye", viewer, connection: 0, code: "bad-request", message });
    const response = await posted;
    expect(response.status).toBe(400);
    expect(response.headers.get("Content-Type")).toContain("application/json");
    expect(await response.json()).toEqual({ error: { code: "bad-request", message } });
  });

  it("once the session has as many viewers as it may, of whatever kind", async () => {
    const session = await createWhepSession({ maxViewers: 2 });
    const { sender } = await senderOf(session);
    const { peer: page } = await joinAsViewer(session);
    await page.next("welcome");
    await sender.next("viewer-joined");
    const { resource } = await watch(session, sender);
    const response = await postWhep(session);
    expect([response.status, await errorCode(response)]).toEqual([503, "session-full"]);
    expect(response.headers.get("Retry-After")).toBeTruthy();
    const { peer: third } = await joinAsViewer(session);
    expect(await third.closed()).toBe(4503);
    await http("DELETE", resource, { token: session.whepToken });
    await sender.next("bye");
    await watch(session, sender);
  });

  it("when the sender goes before it answers, and is put to the one that takes its place", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const lost = postWhep(session);
    await sender.next("offer");
    sender.close();
    expect(await errorCode(await lost)).toBe("sender-absent");
    const { sender: second } = await senderOf(session);
    const kept = postWhep(session);
    const { viewer } = await second.next("offer");
    const { peer: third } = await joinAsSender(session);
    await third.next("welcome");
    expect(await third.next("offer")).toMatchObject({ viewer, sdp: PLAYER_OFFER, whep: true });
    third.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
    expect((await kept).status).toBe(201);
  });

  it("after a while when the sender is silent, which is told to forget it", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const posted = postWhep(session);
    const { viewer } = await sender.next("offer");
    const response = await posted;
    expect([response.status, await errorCode(response)]).toEqual([504, "sender-silent"]);
    expect(response.headers.get("Retry-After")).toBeTruthy();
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer });
    sender.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
    await sender.quiet();
    await expectViewers(session, 0);
  }, 15_000);
});

describe("a WHEP endpoint", () => {
  it("answers a preflight and any OPTIONS without a token", async () => {
    const path = whepPath(await createWhepSession());
    const preflight = await http("OPTIONS", path, {
      headers: {
        Origin: "https://player.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
      },
    });
    expect(preflight.status).toBe(200);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "accept-post": "application/sdp",
      "access-control-allow-origin": "*",
      "access-control-allow-methods": expect.stringContaining("POST"),
      "access-control-allow-headers": expect.stringMatching(/Authorization.*If-Match/),
    });
    const resource = await http("OPTIONS", `${path}/${makeViewerId()}`, {
      headers: { Origin: "https://player.example", "Access-Control-Request-Method": "PATCH" },
    });
    expect(resource.ok).toBe(true);
    expect(resource.headers.get("Access-Control-Allow-Methods")).toMatch(/PATCH.*DELETE/);
    const plain = await http("OPTIONS", path);
    expect([plain.status, plain.headers.get("Accept-Post")]).toEqual([200, "application/sdp"]);
  });

  it("says by GET and HEAD that it is one, whether the session exists or not", async () => {
    for (const id of [(await createWhepSession()).id, "nowhere"]) {
      for (const method of ["GET", "HEAD"]) {
        const response = await http(method, `/api/sessions/${id}/whep`);
        expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "application/sdp"]);
        expect((await response.bytes()).length).toBe(0);
      }
    }
  });

  it.each(["PUT", "PATCH", "DELETE"])("takes no %s", async (method) => {
    const session = await createWhepSession();
    const response = await http(method, whepPath(session), { token: session.whepToken });
    expect([response.status, await errorCode(response)]).toEqual([405, "method-not-allowed"]);
    expect(response.headers.get("Allow")).toContain("POST");
  });
});

describe("WHEP players leave", () => {
  it("when one is kicked, even while it waits", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const { viewer, resource } = await watch(session, sender);
    const kick = (id: string) =>
      call("DELETE", `/api/sessions/${session.id}/viewers/${id}`, { token: session.senderToken });
    expect((await kick(viewer)).status).toBe(204);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer, code: "kicked" });
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(404);
    expect((await kick(viewer)).status).toBe(404);
    await sender.next("bye");
    const posted = postWhep(session);
    const { viewer: waiting } = await sender.next("offer");
    expect((await kick(waiting)).status).toBe(204);
    expect([(await posted).status, await errorCode(await posted)]).toEqual([403, "kicked"]);
    await expectViewers(session, 0);
  });

  it.each([
    ["turned off", null, "whep-off"],
    ["given another token", hashToken(randomToken(32)), "unauthorized"],
  ])("when WHEP is %s, and pages stay", async (_name, whepTokenHash, code) => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const { peer: page } = await joinAsViewer(session);
    await page.next("welcome");
    await sender.next("viewer-joined");
    const { viewer, resource } = await watch(session, sender);
    const waiting = postWhep(session);
    const { viewer: waiter } = await sender.next("offer");
    const path = `/api/sessions/${session.id}/links`;
    expect((await call("PUT", path, { token: session.senderToken, body: { whepTokenHash } })).status).toBe(204);
    const byes = [await sender.next("bye"), await sender.next("bye")];
    expect(new Set(byes.map((bye) => bye.viewer))).toEqual(new Set([viewer, waiter]));
    expect(byes.every((bye) => bye.code === "link-rotated")).toBe(true);
    expect([(await waiting).status, await errorCode(await waiting)]).toEqual([403, "link-rotated"]);
    expect(await errorCode(await http("DELETE", resource, { token: session.whepToken }))).toBe(code);
    await page.quiet();
    await expectViewers(session, 1);
  });

  it("not when another link is replaced", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const { resource } = await watch(session, sender);
    const body = { viewerTokenHash: hashToken(randomToken(32)) };
    await call("PUT", `/api/sessions/${session.id}/links`, { token: session.senderToken, body });
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(204);
    await sender.quiet();
  });

  it("when the session ends, even while one waits", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    const { resource } = await watch(session, sender);
    const waiting = postWhep(session);
    await sender.next("offer");
    await call("DELETE", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect([(await waiting).status, await errorCode(await waiting)]).toEqual([410, "session-ended"]);
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(404);
  });
});

async function expectViewers(session: WhepSession, viewers: number): Promise<void> {
  const response = await call("GET", `/api/sessions/${session.id}`, { token: session.senderToken });
  expect(await response.json()).toMatchObject({ viewers });
}
