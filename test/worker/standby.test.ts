import { evictDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { LINES_TYPE } from "../../src/protocol/mime.ts";
import { call, createSession, stubOf, type TestSession } from "./support/api.ts";
import { joinAsSender, OFFER, type Peer, PROOF } from "./support/peer.ts";
import { createWhepSession, report, senderOf } from "./support/whep.ts";

const { type: _type, ...BODY } = OFFER;
const ANSWER = { type: "answer", connection: 0, sdp: "v=0 answer", proof: PROOF };
const OPERATOR_PROOF = "o".repeat(43);

const standbyOf = (id: string) => ({
  id: id.padEnd(22, "_"),
  text: `{"usernameFragment":"${id}"}`,
  proofs: { viewer: PROOF, operator: OPERATOR_PROOF },
});
const FIRST = standbyOf("first");

async function leave(session: TestSession, sender: Peer, standby: object | null = FIRST): Promise<void> {
  sender.send({ type: "standby", standby });
  await report(session, sender);
}

function post(session: TestSession, viewer: string, { token = session.viewerToken, standby = true } = {}) {
  return call("POST", `/api/sessions/${session.id}/offer`, { token, body: { ...BODY, viewer, standby } });
}

/** What the sender is told of a viewer's offer, and what the viewer is, line by line. */
async function join(session: TestSession, sender: Peer, options: Parameters<typeof post>[2] = {}) {
  const viewer = makeViewerId();
  const posted = post(session, viewer, options);
  const offer = await sender.next("offer");
  sender.send({ ...ANSWER, viewer });
  const response = await posted;
  const lines = (await response.text()).trim().split("\n");
  return { offer, type: response.headers.get("Content-Type"), lines: lines.map((line) => JSON.parse(line)) };
}

it("the edge says that it takes one", async () => {
  const { peer } = await joinAsSender(await createSession());
  expect(await peer.next("welcome")).toMatchObject({ standby: true });
});

it("is handed to one viewer, with the proof for its role, before the sender has answered", async () => {
  const session = await createSession();
  const { sender } = await senderOf(session);
  await leave(session, sender);
  const viewer = makeViewerId();
  const response = await post(session, viewer, { token: session.operatorToken });
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, LINES_TYPE]);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const first = (await reader?.read())?.value ?? "";
  expect(JSON.parse(first)).toEqual({ standby: { text: FIRST.text, proof: OPERATOR_PROOF } });
  expect(await sender.next("offer")).toEqual({ ...OFFER, viewer, standby: FIRST.id });
  sender.send({ ...ANSWER, viewer });
  const second = (await reader?.read())?.value ?? "";
  expect(JSON.parse(second)).toMatchObject({ ...ANSWER, iceServers: [{ urls: ["stun:stun.example:3478"] }] });
  expect(`${first}${second}`.split("\n")).toHaveLength(3);

  const next = await join(session, sender);
  expect([next.offer.standby, next.type]).toEqual([undefined, "application/json"]);
});

it("is not handed to a page that does not ask, and waits for one that does", async () => {
  const session = await createSession();
  const { sender } = await senderOf(session);
  await leave(session, sender);
  expect((await join(session, sender, { standby: false })).type).toBe("application/json");
  const { offer, lines } = await join(session, sender);
  expect(offer.standby).toBe(FIRST.id);
  expect(lines).toMatchObject([{ standby: { proof: PROOF } }, ANSWER]);
});

it("is still there when the object slept, and gone with the sender's word, or its socket", async () => {
  const session = await createSession();
  const { sender } = await senderOf(session);
  await leave(session, sender);
  await evictDurableObject(stubOf(session), { webSockets: "hibernate" });
  expect((await join(session, sender)).offer.standby).toBe(FIRST.id);
  await leave(session, sender, standbyOf("second"));
  await leave(session, sender, null);
  expect((await join(session, sender)).offer.standby).toBeUndefined();
  await leave(session, sender, standbyOf("third"));
  const { sender: again } = await senderOf(session);
  expect((await join(session, again)).offer.standby).toBeUndefined();
});

it("is forgotten when a link is replaced, whose holders it was vouched for", async () => {
  const session = await createSession();
  const { sender } = await senderOf(session);
  await leave(session, sender);
  const operatorTokenHash = hashToken(randomToken(32));
  await call("PUT", `/api/sessions/${session.id}/links`, { token: session.senderToken, body: { operatorTokenHash } });
  expect((await join(session, sender)).offer.standby).toBeUndefined();
});

it("stays when its owner asks for something else, or replaces what no viewer's link is", async () => {
  const session = await createWhepSession();
  const { sender } = await senderOf(session);
  await leave(session, sender);
  const asOwner = (method: string, path: string, body: object) =>
    call(method, `/api/sessions/${session.id}${path}`, { token: session.senderToken, body });
  expect((await asOwner("PATCH", "", { fps: 15 })).status).toBe(200);
  await sender.next("parameters");
  expect((await asOwner("PUT", "/links", { whepTokenHash: hashToken(randomToken(32)) })).status).toBe(204);
  expect((await join(session, sender)).offer.standby).toBe(FIRST.id);
});

it("what refuses the offer comes in the second line, by its code", async () => {
  const session = await createSession();
  const { sender } = await senderOf(session);
  await leave(session, sender);
  const viewer = makeViewerId();
  const posted = post(session, viewer);
  await sender.next("offer");
  sender.send({ type: "bye", viewer, connection: 0, code: "proof-refused" });
  const lines = (await (await posted).text()).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ standby: {} }, { error: { code: "proof-refused" } }]);
});

it("an offer that is repeated while it is awaited takes no second one", async () => {
  const session = await createSession();
  const { sender } = await senderOf(session);
  const viewer = makeViewerId();
  const first = post(session, viewer);
  await sender.next("offer");
  await leave(session, sender);
  const second = post(session, viewer);
  await report(session, sender);
  sender.send({ ...ANSWER, viewer });
  expect((await first).headers.get("Content-Type")).toBe("application/json");
  expect((await second).headers.get("Content-Type")).toBe("application/json");
  expect((await join(session, sender)).offer.standby).toBe(FIRST.id);
});

it("goes with its offer to the sender's next socket, should it not have heard on the one before", async () => {
  const session = await createSession();
  const { sender, instance } = await senderOf(session);
  await leave(session, sender);
  const viewer = makeViewerId();
  const posted = post(session, viewer);
  await sender.next("offer");
  const { peer: again } = await joinAsSender(session, { instance });
  await again.next("welcome");
  expect(await again.next("offer")).toEqual({ ...OFFER, viewer, standby: FIRST.id });
  again.send({ ...ANSWER, viewer });
  expect((await (await posted).text()).trim().split("\n")).toHaveLength(2);
});
