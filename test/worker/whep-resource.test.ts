import { describe, expect, it } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { CANDIDATES_MAX } from "../../src/protocol/limits.ts";
import { errorCode } from "./support/api.ts";
import { joinAsSender } from "./support/peer.ts";
import {
  CANDIDATE_LINE,
  createWhepSession,
  fragment,
  http,
  PLAYER_OFFER,
  report,
  senderOf,
  trickle,
  watch,
  whepPath,
} from "./support/whep.ts";

const NOT_FOUND = "viewer-not-found";

async function watching() {
  const session = await createWhepSession();
  const { sender, instance } = await senderOf(session);
  return { session, sender, instance, ...(await watch(session, sender)) };
}

describe("a player that trickles", () => {
  it("has its candidates forwarded, and the end of them", async () => {
    const { session, sender, viewer, resource, etag } = await watching();
    const body = fragment([`a=${CANDIDATE_LINE}`, "a=end-of-candidates"]);
    const response = await trickle(session, resource, { "If-Match": etag }, body);
    expect(response.status).toBe(204);
    expect(response.headers.get("ETag")).toBeNull();
    const common = { type: "candidate", viewer, connection: 0 };
    expect(await sender.next("candidate")).toEqual({ ...common, candidate: CANDIDATE_LINE, sdpMid: "0" });
    expect(await sender.next("candidate")).toEqual({ ...common, candidate: null });
    await sender.quiet();
  });

  it.each([
    ["with any ETag", () => "*"],
    ["with one of several ETags", (etag: string) => `"other", ${etag}`],
  ])("may do so %s", async (_name, ifMatch) => {
    const { session, sender, resource, etag } = await watching();
    expect((await trickle(session, resource, { "If-Match": ifMatch(etag) })).status).toBe(204);
    await sender.next("candidate");
  });

  it.each<[string, number, string, Record<string, string>]>([
    ["no If-Match", 428, "precondition-required", {}],
    ["another ETag", 412, "precondition-failed", { "If-Match": '"other"' }],
    ["another type", 415, "unsupported-media-type", { "Content-Type": "application/sdp", "If-Match": "*" }],
  ])("is refused with %s", async (_name, status, code, headers) => {
    const { session, sender, resource } = await watching();
    const response = await trickle(session, resource, headers);
    expect([response.status, await errorCode(response)]).toEqual([status, code]);
    if (status === 415) expect(response.headers.get("Accept-Patch")).toBe("application/trickle-ice-sdpfrag");
    await sender.quiet();
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(204);
  });

  it("is refused with a weak ETag", async () => {
    const { session, resource, etag } = await watching();
    expect((await trickle(session, resource, { "If-Match": `W/${etag}` })).status).toBe(412);
  });

  it("is refused when its body is malformed or too large", async () => {
    const { session, sender, resource } = await watching();
    const headers = { "If-Match": "*" };
    const malformed = await trickle(session, resource, headers, "hello");
    expect([malformed.status, await errorCode(malformed)]).toEqual([400, "bad-request"]);
    const large = await trickle(session, resource, headers, fragment([`a=${"x".repeat(60_000)}`]));
    expect([large.status, await errorCode(large)]).toEqual([413, "message-too-large"]);
    await sender.quiet();
  });

  it("may send so many candidates and no more", async () => {
    const { session, sender, resource, etag } = await watching();
    const many = fragment(Array.from({ length: CANDIDATES_MAX }, () => `a=${CANDIDATE_LINE}`));
    expect((await trickle(session, resource, { "If-Match": etag }, many)).status).toBe(204);
    for (let i = 0; i < CANDIDATES_MAX; i++) await sender.next("candidate");
    const response = await trickle(session, resource, { "If-Match": etag });
    expect([response.status, await errorCode(response)]).toEqual([429, "rate-limited"]);
    expect(response.headers.get("Retry-After")).toBeTruthy();
    await sender.quiet();
  });

  it("is told when the sender is away", async () => {
    const { session, sender, resource, etag } = await watching();
    sender.close();
    await sender.closed();
    const response = await trickle(session, resource, { "If-Match": etag });
    expect([response.status, await errorCode(response)]).toEqual([503, "sender-absent"]);
    expect(response.headers.get("Retry-After")).toBeTruthy();
  });
});

describe("a player that restarts ICE", () => {
  it.each(["*", "its ETag"])("is refused with If-Match %s, and keeps what it has", async (which) => {
    const { session, sender, resource, etag } = await watching();
    const body = fragment([`a=${CANDIDATE_LINE}`], { ufrag: "ysXw", password: "vw5LmwG4y/e6dPP/zAP9Gp5k" });
    const response = await trickle(session, resource, { "If-Match": which === "*" ? "*" : etag }, body);
    expect([response.status, await errorCode(response)]).toEqual([422, "ice-restart-refused"]);
    await sender.quiet();
    expect((await trickle(session, resource, { "If-Match": etag })).status).toBe(204);
    await sender.next("candidate");
  });
});

describe("a WHEP resource", () => {
  it("is gone once its player leaves, and the sender told so, whatever If-Match says", async () => {
    const { session, sender, viewer, resource } = await watching();
    const response = await http("DELETE", resource, { token: session.whepToken, headers: { "If-Match": '"other"' } });
    expect(response.status).toBe(200);
    expect(await sender.next("bye")).toEqual({ type: "bye", viewer });
    for (const method of ["DELETE", "GET"]) {
      const again = await http(method, resource, { token: session.whepToken });
      expect([again.status, method === "GET" || (await errorCode(again))]).toEqual([
        404,
        method === "GET" || NOT_FOUND,
      ]);
    }
    expect((await trickle(session, resource, { "If-Match": "*" })).status).toBe(404);
    await sender.quiet();
  });

  it("is gone once the sender gave it up", async () => {
    const { session, sender, viewer, resource } = await watching();
    sender.send({ type: "bye", viewer });
    await report(session, sender);
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(404);
  });

  it("stays when the sender's socket was only replaced, and goes with another sender", async () => {
    const { session, instance, resource } = await watching();
    const { peer: again } = await joinAsSender(session, { instance });
    await again.next("welcome");
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(204);
    const { peer: another } = await joinAsSender(session);
    await another.next("welcome");
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(404);
  });

  it("goes when the sender, whose word was lost with its socket, says again that it gave it up", async () => {
    const { session, instance, viewer, resource } = await watching();
    const { peer: again } = await joinAsSender(session, { instance });
    await again.next("welcome");
    expect(await again.next("resume")).toMatchObject({ viewer, connection: 0 });
    again.send({ type: "bye", viewer, connection: 0 });
    await report(session, again);
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(404);
  });

  it("is for holders of the WHEP token alone", async () => {
    const { session, sender, resource } = await watching();
    for (const [token, status] of [
      [session.viewerToken, 403],
      [session.senderToken, 403],
      [randomToken(32), 401],
      [undefined, 401],
    ] as const) {
      for (const method of ["GET", "DELETE"]) expect((await http(method, resource, { token })).status).toBe(status);
    }
    await sender.quiet();
    expect((await http("GET", resource, { token: session.whepToken })).status).toBe(204);
  });

  it.each(["PUT", "POST"])("takes no %s", async (method) => {
    const { session, resource } = await watching();
    const response = await http(method, resource, { token: session.whepToken, body: PLAYER_OFFER });
    expect([response.status, await errorCode(response)]).toEqual([405, "method-not-allowed"]);
    expect(response.headers.get("Allow")).toMatch(/PATCH.*DELETE/);
  });

  it.each(["x", makeViewerId()])("is not found by the name %s", async (name) => {
    const session = await createWhepSession();
    const response = await http("DELETE", `${whepPath(session)}/${name}`, { token: session.whepToken });
    expect([response.status, await errorCode(response)]).toEqual([404, NOT_FOUND]);
  });
});
