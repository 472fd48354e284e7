import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { VIEWER_HEADER } from "../../src/protocol/limits.ts";
import { call, createSession, ORIGIN, stubOf, type TestSession } from "./support/api.ts";
import { joinAsSender, joinAsViewer, joinBoth, OFFER, PROOF } from "./support/peer.ts";
import { callsTo, release, revoked, revokedSoon, turnApi } from "./support/turn.ts";
import { ANSWER_SDP, createWhepSession, postWhep, report, senderOf } from "./support/whep.ts";

const SETTINGS = [
  "TURN_KEY_ID",
  "TURN_KEY_API_TOKEN",
  "TURN_API_BASE",
  "TURN_URLS",
  "TURN_SHARED_SECRET",
  "TURN_POLICY",
];

afterEach(() => {
  for (const name of SETTINGS) delete (env as unknown as Record<string, unknown>)[name];
  vi.restoreAllMocks();
});

const set = (settings: object) => Object.assign(env, settings);
const usernames = (message: { iceServers: { username?: string }[] }) =>
  message.iceServers.flatMap(({ username }) => username ?? []);
const rows = (session: TestSession) =>
  runInDurableObject(stubOf(session), (_instance, state) => [...state.storage.kv.list()].map(([key]) => key).sort());
/** Whose credentials are kept on disk: of viewers their ids. */
const holders = (session: TestSession) =>
  runInDurableObject(stubOf(session), (_instance, state) =>
    (state.storage.kv.get<{ id: string }[]>("turn") ?? []).map(({ id }) => id).sort(),
  );
/** Its sockets are gone without a word to it. */
const restart = (session: TestSession) => evictDurableObject(stubOf(session), { webSockets: "close" });
const sleep = (session: TestSession) => evictDurableObject(stubOf(session), { webSockets: "hibernate" });

function askIce(session: TestSession, token: string, viewer?: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, ...(viewer ? { [VIEWER_HEADER]: viewer } : {}) };
  return exports.default.fetch(new Request(`${ORIGIN}/api/sessions/${session.id}/ice`, { headers }));
}

/** A session whose sender and one viewer hold credentials of their own. */
async function relayed(key: string) {
  set(turnApi(key));
  const session = await createSession();
  const { peer: sender } = await joinAsSender(session);
  const [senderName = ""] = usernames((await sender.next("welcome")) as never);
  const { peer: viewer, viewer: id } = await joinAsViewer(session);
  const [viewerName = ""] = usernames((await viewer.next("welcome")) as never);
  await sender.next("viewer-joined");
  return { session, sender, viewer, id, senderName, viewerName };
}

describe("credentials of a session", () => {
  it("come with the welcome, each participant's own, and say when they end", async () => {
    set(turnApi("ok-welcome"));
    const session = await createSession();
    const { peer: sender } = await joinAsSender(session);
    const { peer: viewer } = await joinAsViewer(session);
    const welcomes = [await sender.next("welcome"), await viewer.next("welcome")];
    expect(new Set(welcomes.flatMap((each) => usernames(each as never))).size).toBe(2);
    for (const { iceTtlMs } of welcomes) {
      expect(iceTtlMs).toBeGreaterThan(3_500_000);
      expect(iceTtlMs).toBeLessThanOrEqual(3_600_000);
    }
  });

  it("are never made for a token that is refused", async () => {
    set(turnApi("ok-stranger"));
    const session = await createSession();
    const { peer } = await joinAsViewer(session, { token: "x".repeat(43) });
    expect(await peer.closed()).toBe(4401);
    expect((await askIce(session, "x".repeat(43))).status).toBe(401);
    expect(await callsTo("ok-stranger")).toEqual([]);
  });

  it("are renewed over HTTP", async () => {
    set(turnApi("ok-renew"));
    const session = await createSession();
    const reply = (await (await askIce(session, session.viewerToken)).json()) as never;
    expect(usernames(reply)).toHaveLength(1);
    expect(reply).toHaveProperty("iceTtlMs");
  });

  it("are not handed out by a link that is replaced while they are made", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    set(turnApi("slow-rotated"));
    const ice = askIce(session, session.viewerToken);
    const player = postWhep(session);
    const { viewer } = await sender.next("offer");
    sender.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
    await report(session, sender);
    const body = { viewerTokenHash: "n".repeat(43), whepTokenHash: "w".repeat(43) };
    await call("PUT", `/api/sessions/${session.id}/links`, { token: session.senderToken, body });
    expect([(await ice).status, (await player).status]).toEqual([401, 401]);
  });

  it("are not handed out to a WHEP player that was thrown out while they are made, but taken back", async () => {
    const session = await createWhepSession();
    const { sender } = await senderOf(session);
    set(turnApi("late-thrown"));
    const player = postWhep(session);
    const { viewer } = await sender.next("offer");
    sender.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
    await report(session, sender);
    const owner = { token: session.senderToken };
    expect((await call("DELETE", `/api/sessions/${session.id}/viewers/${viewer}`, owner)).status).toBe(204);
    await release("late-thrown");
    expect((await player).status).toBe(502);
    expect(await revoked("late-thrown", 1)).toHaveLength(1);
    expect(await rows(session)).toEqual(["kicked", "session"]);
  });

  it.each(["fails-told", "slow-told"])("say that they are missing when the service %s", async (kind) => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    set(turnApi(kind));
    const session = await createSession();
    const { peer: sender } = await joinAsSender(session);
    const { peer: viewer } = await joinAsViewer(session);
    const asked = await (await askIce(session, session.senderToken)).json();
    for (const reply of [await sender.next("welcome"), await viewer.next("welcome"), asked]) {
      expect(reply).toMatchObject({ iceIncomplete: true });
    }
    set(turnApi("ok-told"));
    expect(await (await askIce(session, session.senderToken)).json()).not.toHaveProperty("iceIncomplete");
  });

  it("wait for being asked when the policy says so", async () => {
    set({ ...turnApi("ok-demand"), TURN_POLICY: "on-demand" });
    const session = await createSession();
    const { peer } = await joinAsViewer(session);
    expect(usernames((await peer.next("welcome")) as never)).toEqual([]);
    expect(usernames((await (await askIce(session, session.viewerToken)).json()) as never)).toHaveLength(1);
  });

  it("do not stop a join when the provider is slow", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    set(turnApi("slow-join"));
    const { viewer, sender, id } = await joinBoth(await createSession());
    viewer.send(OFFER);
    expect(await sender.next("offer")).toEqual({ ...OFFER, viewer: id });
  });

  it("are not waited for by an answer to an offer by HTTP, and come with the welcome", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const session = await createSession();
    const { peer: sender } = await joinAsSender(session);
    await sender.next("welcome");
    set(turnApi("slow-post"));
    const viewer = makeViewerId();
    const { type: _type, ...offer } = OFFER;
    const posted = call("POST", `/api/sessions/${session.id}/offer`, {
      token: session.viewerToken,
      body: { ...offer, viewer },
    });
    await sender.next("offer");
    sender.send({ type: "answer", connection: 0, sdp: "v=0", proof: PROOF, viewer });
    const reply: { iceServers: unknown } = await (await posted).json();
    expect(reply.iceServers).toEqual([]);
    set(turnApi("ok-post"));
    const { peer } = await joinAsViewer(session, { viewer });
    expect(usernames((await peer.next("welcome")) as never)).toHaveLength(1);
  });

  it("come with an answer to an offer by HTTP when the edge makes them itself", async () => {
    set({ TURN_URLS: "turn:t.example", TURN_SHARED_SECRET: "north" });
    const session = await createSession();
    const { peer: sender } = await joinAsSender(session);
    await sender.next("welcome");
    const viewer = makeViewerId();
    const { type: _type, ...offer } = OFFER;
    const body = { ...offer, viewer };
    const posted = call("POST", `/api/sessions/${session.id}/offer`, { token: session.viewerToken, body });
    await sender.next("offer");
    sender.send({ type: "answer", connection: 0, sdp: "v=0", proof: PROOF, viewer });
    expect(usernames((await (await posted).json()) as never)).toHaveLength(1);
  });

  it("come fresh with every offer when the edge makes them itself", async () => {
    set({ TURN_URLS: "turn:t.example", TURN_SHARED_SECRET: "north" });
    const { viewer, sender } = await joinBoth(await createSession());
    viewer.send(OFFER);
    const offer = await sender.next("offer");
    expect(offer.iceServers[1]).toMatchObject({
      urls: ["turn:t.example"],
      username: expect.stringMatching(/\.sender-/),
    });
    expect(offer.iceTtlMs).toBeGreaterThan(0);
  });
});

describe("revoking", () => {
  it("follows a viewer's bye", async () => {
    const { viewer, viewerName } = await relayed("ok-bye");
    viewer.send({ type: "bye" });
    expect(await revoked("ok-bye", 1)).toEqual([viewerName]);
  });

  it("does not follow the bye of one connection", async () => {
    const { viewer, sender } = await relayed("ok-one");
    viewer.send({ type: "bye", connection: 0 });
    await sender.next("bye");
    await viewer.quiet();
    expect(await revokedSoon("ok-one")).toEqual([]);
  });

  it("follows a kick", async () => {
    const { session, id, viewer, viewerName } = await relayed("ok-kick");
    await call("DELETE", `/api/sessions/${session.id}/viewers/${id}`, { token: session.senderToken });
    expect(await viewer.closed()).toBe(4430);
    expect(await revoked("ok-kick", 1)).toEqual([viewerName]);
  });

  it("follows a new link, for the holders of the old one", async () => {
    const { session, viewerName } = await relayed("ok-rotate");
    const { peer: operator } = await joinAsViewer(session, { token: session.operatorToken });
    await operator.next("welcome");
    const body = { viewerTokenHash: "n".repeat(43) };
    await call("PUT", `/api/sessions/${session.id}/links`, { token: session.senderToken, body });
    expect(await revoked("ok-rotate", 1)).toEqual([viewerName]);
    await operator.quiet();
  });

  it("follows a new link for who did not say which viewer it is, by its role", async () => {
    set(turnApi("ok-nobody"));
    const session = await createSession();
    const ask = async (token: string) => usernames((await (await askIce(session, token)).json()) as never);
    const viewers = await ask(session.viewerToken);
    const operators = await ask(session.operatorToken);
    const owner = { token: session.senderToken };
    await call("PUT", `/api/sessions/${session.id}/links`, { ...owner, body: { viewerTokenHash: "n".repeat(43) } });
    expect(await revoked("ok-nobody", 1)).toEqual(viewers);
    await call("DELETE", `/api/sessions/${session.id}`, owner);
    expect(await revoked("ok-nobody", 2)).toEqual([...viewers, ...operators].sort());
  });

  it("follows the end of the session, for everybody, with and without a socket", async () => {
    const { session, viewer, sender, senderName, viewerName } = await relayed("ok-end");
    viewer.close();
    await sender.next("viewer-left");
    const asked = usernames((await (await askIce(session, session.viewerToken)).json()) as never);
    await sleep(session);
    await call("DELETE", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await revoked("ok-end", 3)).toEqual([senderName, viewerName, ...asked].sort());
    expect(await rows(session)).toEqual(["ended"]);
  });

  it("never follows a lost socket, but the sender's word that the peer is gone", async () => {
    const { session, viewer, sender, id, viewerName } = await relayed("ok-lost");
    viewer.close();
    await sender.next("viewer-left");
    await sleep(session);
    await sender.quiet();
    expect(await revokedSoon("ok-lost")).toEqual([]);
    expect(await holders(session)).toEqual([id, "sender"].sort());
    sender.send({ type: "bye", viewer: id });
    expect(await revoked("ok-lost", 1)).toEqual([viewerName]);
    expect(await holders(session)).toEqual(["sender"]);
  });

  it("spares a viewer that is still connected when the sender gives it up: it comes again with what it has", async () => {
    const { viewer, sender, id } = await relayed("ok-spare");
    sender.send({ type: "bye", viewer: id });
    await viewer.next("bye");
    expect(await revokedSoon("ok-spare")).toEqual([]);
  });

  it("follows the sender's word on one whose socket stands though nobody was heard there for long", async () => {
    const { viewer, sender, id, viewerName } = await relayed("ok-vanished");
    vi.useFakeTimers({ now: Date.now() + 100_000, toFake: ["Date"] });
    try {
      sender.send({ type: "bye", viewer: id });
      expect(await viewer.closed()).toBe(4409);
    } finally {
      vi.useRealTimers();
    }
    expect(await revoked("ok-vanished", 1)).toEqual([viewerName]);
  });

  it("follows that word late where the socket goes without having said anything since, and else not", async () => {
    const { session, viewer, sender, id, viewerName } = await relayed("ok-silent");
    const { peer: other, viewer: otherId } = await joinAsViewer(session);
    await other.next("welcome");
    await sender.next("viewer-joined");
    for (const given of [id, otherId]) sender.send({ type: "bye", viewer: given });
    await other.next("bye");
    await sleep(session);
    other.send(OFFER);
    await sender.next("offer");
    other.close();
    viewer.close();
    for (let i = 0; i < 2; i++) await sender.next("viewer-left");
    expect(await revokedSoon("ok-silent")).toEqual([viewerName]);
  });

  it("remembers what a replaced socket held, and what was asked for by HTTP", async () => {
    const { session, id, viewerName } = await relayed("ok-again");
    const { peer: again } = await joinAsViewer(session, { viewer: id });
    const [second = ""] = usernames((await again.next("welcome")) as never);
    const asked = usernames((await (await askIce(session, session.viewerToken, id)).json()) as never);
    await sleep(session);
    again.send({ type: "bye" });
    expect(await revoked("ok-again", 3)).toEqual([viewerName, second, ...asked].sort());
  });

  it("follows what is done after the edge was started again, with what it had handed out before", async () => {
    const { session, id, senderName, viewerName } = await relayed("ok-restart");
    await restart(session);
    const { peer } = await joinAsViewer(session, { viewer: id });
    const [second = ""] = usernames((await peer.next("welcome")) as never);
    await call("DELETE", `/api/sessions/${session.id}/viewers/${id}`, { token: session.senderToken });
    expect(await revoked("ok-restart", 2)).toEqual([viewerName, second].sort());
    await call("DELETE", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await revoked("ok-restart", 3)).toEqual([senderName, viewerName, second].sort());
  });

  it("knows of the sender's other socket, whose it all is then", async () => {
    set(turnApi("ok-sender"));
    const session = await createSession();
    const { peer: first, instance } = await joinAsSender(session);
    const [one = ""] = usernames((await first.next("welcome")) as never);
    const { peer: second } = await joinAsSender(session, { instance });
    const [two = ""] = usernames((await second.next("welcome")) as never);
    expect(await first.closed()).toBe(4409);
    expect(await holders(session)).toEqual(["sender"]);
    await call("DELETE", `/api/sessions/${session.id}`, { token: session.senderToken });
    expect(await revoked("ok-sender", 2)).toEqual([one, two].sort());
  });

  it("writes one row, whoever joins, and remembers a bounded number", async () => {
    const { session, id } = await relayed("ok-rows");
    for (let i = 0; i < 10; i++) {
      const { peer } = await joinAsViewer(session, { viewer: id });
      await peer.next("welcome");
    }
    expect(await rows(session)).toEqual(["session", "turn"]);
    expect(await holders(session)).toEqual([id, "sender"].sort());
    await runInDurableObject(stubOf(session), (_instance, state) => {
      const held = state
        .getWebSockets(`viewer:${id}`)
        .map((socket) => socket.deserializeAttachment()?.turn?.length ?? 0);
      expect(Math.max(...held)).toBe(8);
    });
  });
});
