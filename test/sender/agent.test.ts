import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deriveLinkKeys } from "../../src/protocol/link.ts";
import { runSend } from "../../src/sender/agent.ts";
import type { OwnerConfig, SendConfig } from "../../src/sender/config.ts";
import { IdentityStore, makeIdentity, rotateLinks } from "../../src/sender/identity.ts";
import type { Output, OutputEvent } from "../../src/sender/output.ts";
import { runOwner } from "../../src/sender/owner/owner.ts";
import { writeClip } from "./support/clip.ts";
import { openEdge, PUBLISH_KEY } from "./support/edge.ts";
import { until } from "./support/viewer.ts";

Log.setLevel(AV_LOG_QUIET);

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sightline-agent-"));
});
afterEach(() => rm(stateDir, { recursive: true }));

/** What a command says. */
function listen() {
  const events: OutputEvent[] = [];
  const notes: string[] = [];
  const output: Output = { emit: (event) => events.push(event), note: (line) => notes.push(line), qr: () => {} };
  return { events, notes, output };
}

function sendConfig(edge: string, extra: Partial<SendConfig> = {}): SendConfig {
  return {
    host: "127.0.0.1",
    port: 0,
    lan: false,
    trustProxy: false,
    stateDir,
    edge,
    publishKey: PUBLISH_KEY,
    cameras: ["pattern"],
    width: 160,
    height: 90,
    bitrateBps: 200_000,
    encoder: "x264",
    whep: false,
    relayOnly: false,
    json: false,
    ...extra,
  };
}

it("the owner's end reaches the sender while the edge is away, and starting it again begins anew", async () => {
  const edge = await openEdge();
  const config = sendConfig(edge.url, { session: "front-door" });
  const { events, notes, output } = listen();
  const sending = runSend(config, {}, output, new AbortController().signal);
  await until(() => events.some(({ event }) => event === "link"), "the link");
  await edge.close();
  const end: OwnerConfig = { action: "end", stateDir, session: "front-door", roles: [], json: false };
  await expect(runOwner(end, listen().output)).rejects.toMatchObject({
    code: "edge-unreachable",
    message: expect.stringContaining("The sender stops all the same"),
  });
  await sending;
  expect(notes.at(-1)).toBe("The owner has ended the session.");

  const second = await openEdge(edge.port);
  try {
    const again = listen();
    const abort = new AbortController();
    const resending = runSend(config, {}, again.output, abort.signal);
    await until(() => again.events.some(({ event }) => event === "link"), "the link once more");
    expect(new IdentityStore(stateDir).read("front-door")).not.toHaveProperty("ended");
    const links = (from: OutputEvent[]) => from.filter(({ event }) => event === "link");
    expect(links(again.events)).toEqual(links(events));
    abort.abort();
    await resending;
  } finally {
    await second.close();
  }
}, 40_000);

it("begins anew where the edge remembers that its owner ended the session, with the same links", async () => {
  const edge = await openEdge();
  const store = new IdentityStore(stateDir);
  const config = sendConfig(edge.url, { session: "front-door" });
  try {
    const first = listen();
    const sending = runSend(config, {}, first.output, new AbortController().signal);
    await until(() => first.events.some(({ event }) => event === "link"), "the link");
    const before = store.read("front-door");
    const headers = { Authorization: `Bearer ${PUBLISH_KEY}` };
    await fetch(`${edge.url}/api/sessions/front-door`, { method: "DELETE", headers });
    await sending;
    expect(first.notes.at(-1)).toBe("The session has ended.");

    const again = listen();
    const abort = new AbortController();
    const resending = runSend(config, {}, again.output, abort.signal);
    await until(() => again.events.some(({ event }) => event === "link"), "the link once more");
    const { senderToken, ...same } = store.read("front-door") ?? makeIdentity();
    expect(before).toMatchObject(same);
    expect(before?.senderToken).not.toBe(senderToken);
    await runOwner({ action: "end", stateDir, roles: [], json: false }, listen().output);
    await resending;
  } finally {
    await edge.close();
  }
}, 40_000);

it("streams a session whose file cannot be written any more, by the links that are kept, and says so", async () => {
  const edge = await openEdge();
  const store = new IdentityStore(stateDir);
  const kept = makeIdentity("front-door");
  store.write(kept);
  // As on a disk that is full.
  for (const id of ["front-door", "back-door"]) await mkdir(`${store.pathOf(id)}.${process.pid}.new`);
  const config = sendConfig(edge.url, { session: "front-door" });
  const { events, notes, output } = listen();
  const abort = new AbortController();
  const sending = runSend(config, {}, output, abort.signal);
  try {
    await until(() => events.some(({ event }) => event === "link"), "the link");
    const [link] = events.flatMap((each) => (each.event === "link" && each.role === "viewer" ? [each.url] : []));
    expect(link).toContain(kept.viewerSecret);
    expect(notes[0]).toMatch(
      /front-door\.json cannot be written \(.+\)\. Its links work all the same\. .+ --edge http:/,
    );
    const unknown = runSend({ ...config, session: "back-door" }, {}, listen().output, abort.signal);
    await expect(unknown).rejects.toMatchObject({ reason: "failed", code: "state-unusable" });
  } finally {
    abort.abort();
    await sending.catch(() => {});
    await edge.close();
  }
}, 40_000);

it("begins nothing anew with a token that cannot be kept", async () => {
  const edge = await openEdge();
  const store = new IdentityStore(stateDir);
  const config = sendConfig(edge.url, { session: "front-door" });
  const start = () => {
    const { events, output } = listen();
    const abort = new AbortController();
    return { events, abort, sending: runSend(config, {}, output, abort.signal) };
  };
  try {
    const first = start();
    await until(() => first.events.some(({ event }) => event === "link"), "the link");
    const headers = { Authorization: `Bearer ${PUBLISH_KEY}` };
    await fetch(`${edge.url}/api/sessions/front-door`, { method: "DELETE", headers });
    await first.sending;
    const blocked = `${store.pathOf("front-door")}.${process.pid}.new`;
    // As on a disk that is full.
    await mkdir(blocked);
    await expect(start().sending).rejects.toMatchObject({ reason: "failed", code: "state-unusable" });
    await rm(blocked, { recursive: true });
    const again = start();
    await until(() => again.events.some(({ event }) => event === "link"), "the link once more");
    again.abort.abort();
    await again.sending;
  } finally {
    await edge.close();
  }
}, 40_000);

it("keeps the origins that it printed links for, for the owner's commands", async () => {
  const { edge: _none, ...config } = sendConfig("", { session: "front-door", lan: true, host: "0.0.0.0" });
  const { events, output } = listen();
  const abort = new AbortController();
  const sending = runSend(config, {}, output, abort.signal);
  await until(() => events.some((event) => event.event === "link" && event.role === "operator"), "the links");
  const viewers = events.flatMap((event) => (event.event === "link" && event.role === "viewer" ? [event.url] : []));
  const { edge, shown } = new IdentityStore(stateDir).read("front-door") ?? {};
  expect(shown).toEqual(viewers.map((url) => new URL(url).origin));
  expect(shown?.at(-1)).toBe(edge);
  abort.abort();
  await sending;
}, 40_000);

it("gives the edge the owner's new links when it is back, if it was away when they were made", async () => {
  const kept = await mkdtemp(join(tmpdir(), "sightline-edge-"));
  const edge = await openEdge(0, { stateDir: kept });
  const { events, output } = listen();
  const abort = new AbortController();
  const sending = runSend(sendConfig(edge.url, { session: "front-door" }), {}, output, abort.signal);
  await until(() => events.some(({ event }) => event === "link"), "the link");
  const store = new IdentityStore(stateDir);
  const old = store.read("front-door");
  await edge.close();
  const rotate: OwnerConfig = { action: "rotate", stateDir, session: "front-door", roles: ["viewer"], json: false };
  const owner = listen();
  await expect(runOwner(rotate, owner.output)).rejects.toMatchObject({
    code: "edge-unreachable",
    message: expect.stringContaining("gives the edge the new ones"),
  });
  expect(owner.events).toMatchObject([{ event: "link", role: "viewer" }]);

  const second = await openEdge(edge.port, { stateDir: kept });
  try {
    const status = async (identity = old) => {
      const token = identity && deriveLinkKeys("front-door", "viewer", identity.viewerSecret).joinToken;
      const headers = { Authorization: `Bearer ${token}` };
      return (await fetch(`${edge.url}/api/sessions/front-door`, { headers })).status;
    };
    await expect.poll(() => status(store.read("front-door")), { timeout: 15_000 }).toBe(200);
    expect(await status(old)).toBe(401);
    abort.abort();
    await sending;
  } finally {
    await second.close();
    await rm(kept, { recursive: true });
  }
}, 40_000);

it("sends nobody a link to a file whose pictures cannot be decoded", async () => {
  const path = join(stateDir, "clip.mp4");
  await writeClip(path, { lumas: [40, 80, 120], fps: 20 });
  const clip = await readFile(path);
  const mediaAt = clip.indexOf("mdat");
  clip.fill(0, mediaAt + 4, mediaAt - 4 + clip.readUInt32BE(mediaAt - 4));
  await writeFile(path, clip);
  const edge = await openEdge();
  try {
    const { events, output } = listen();
    const sending = runSend(sendConfig(edge.url, { cameras: [path] }), {}, output, AbortSignal.timeout(20_000));
    await expect(sending).rejects.toMatchObject({ reason: "camera", code: "camera-unusable" });
    expect(events).toEqual([]);
  } finally {
    await edge.close();
  }
}, 40_000);

/** A camera of the network that keeps whoever opens it waiting until it is let. */
async function slowCamera() {
  const path = join(stateDir, "clip.mkv");
  await writeClip(path, { lumas: [40, 200], fps: 20 });
  const clip = await readFile(path);
  const asked = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  const server = createServer(async (_, response) => {
    asked.resolve();
    await ready.promise;
    response.end(clip);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/clip.mkv`,
    asked: asked.promise,
    ready: ready.resolve,
    close: () => void server.close().closeAllConnections(),
  };
}

it("takes the links that were made while the camera opened", async () => {
  const edge = await openEdge();
  const camera = await slowCamera();
  const store = new IdentityStore(stateDir);
  const old = makeIdentity("front-door");
  store.write(old);
  const { events, output } = listen();
  const abort = new AbortController();
  const config = sendConfig(edge.url, { session: "front-door", cameras: [camera.url] });
  const sending = runSend(config, {}, output, abort.signal);
  try {
    await camera.asked;
    const rotated = rotateLinks(old, ["viewer"]);
    store.write(rotated);
    camera.ready();
    await until(() => events.some(({ event }) => event === "link"), "the link");
    expect(store.read("front-door")).toMatchObject({ viewerSecret: rotated.viewerSecret });
    const links = events.flatMap((each) => (each.event === "link" && each.role === "viewer" ? [each.url] : []));
    expect(links.map((url) => url.split("#")[1])).toEqual([rotated.viewerSecret]);
    const status = async (secret: string) => {
      const token = deriveLinkKeys("front-door", "viewer", secret).joinToken;
      const headers = { Authorization: `Bearer ${token}` };
      return (await fetch(`${edge.url}/api/sessions/front-door`, { headers })).status;
    };
    expect([await status(rotated.viewerSecret), await status(old.viewerSecret)]).toEqual([200, 401]);
  } finally {
    abort.abort();
    await sending.catch(() => {});
    camera.close();
    await edge.close();
  }
}, 40_000);

it("does not begin what was ended while the camera opened", async () => {
  const edge = await openEdge();
  const camera = await slowCamera();
  const store = new IdentityStore(stateDir);
  store.write(makeIdentity("front-door"));
  const { events, notes, output } = listen();
  const config = sendConfig(edge.url, { session: "front-door", cameras: [camera.url] });
  const sending = runSend(config, {}, output, new AbortController().signal);
  try {
    await camera.asked;
    store.write({ ...makeIdentity("front-door"), ended: true });
    camera.ready();
    await sending;
    expect([events, notes]).toEqual([[], ["The owner has ended the session."]]);
  } finally {
    camera.close();
    await edge.close();
  }
}, 40_000);

it("finds the one session that runs among those that killed senders left behind", async () => {
  const edge = await openEdge();
  try {
    const store = new IdentityStore(stateDir);
    const status: OwnerConfig = { action: "status", stateDir, roles: [], json: false };
    for (const left of ["http://127.0.0.1:9", edge.url]) store.write({ ...makeIdentity(), edge: left });
    await expect(runOwner(status, listen().output)).rejects.toThrow(/^None of .* runs now\. Name one with --session/);
    const abort = new AbortController();
    const { events, output } = listen();
    const sending = runSend(sendConfig(edge.url), {}, output, abort.signal);
    await until(() => events.some(({ event }) => event === "link"), "the link");
    const id = new URL(events.find((event) => event.event === "link")?.url ?? "").pathname.slice("/s/".length);
    const found = async () => {
      const owner = listen();
      await runOwner(status, owner.output).catch(() => {});
      return owner.events.map((event) => event.event === "status" && event.status.id);
    };
    await expect.poll(found, { timeout: 10_000 }).toEqual([id]);
    const { notes, output: shown } = listen();
    const stream = async () => {
      await runOwner(status, shown);
      return notes.filter((note) => note.startsWith("Stream")).at(-1);
    };
    await expect.poll(stream).toMatch(/^Stream {4}\d+x\d+ at \d+ fps, at most \d+ kbps, x264$/);
    expect(events).toContainEqual(expect.objectContaining({ event: "camera", encoder: "x264" }));
    // One with a name of its own may be meant though nobody sends.
    store.write({ ...makeIdentity("front-door"), edge: edge.url });
    await expect(runOwner(status, listen().output)).rejects.toThrow(/^Which session\?/);
    abort.abort();
    await sending;
  } finally {
    await edge.close();
  }
}, 40_000);

it("says the WHEP token that came with a new viewer link", async () => {
  const edge = await openEdge();
  try {
    const abort = new AbortController();
    const { events, output } = listen();
    const sending = runSend(sendConfig(edge.url, { session: "front-door", whep: true }), {}, output, abort.signal);
    await until(() => events.some(({ event }) => event === "whep"), "the WHEP token");
    for (const role of ["operator", "viewer"] as const) {
      const owner = listen();
      await runOwner({ action: "rotate", stateDir, roles: [role], json: false }, owner.output);
      const token = new IdentityStore(stateDir).read("front-door")?.whepToken;
      const whep = { event: "whep", url: `${edge.url}/api/sessions/front-door/whep`, token };
      expect(owner.events.slice(1)).toEqual(role === "viewer" ? [whep] : []);
    }
    abort.abort();
    await sending;
  } finally {
    await edge.close();
  }
}, 40_000);

it("ends at its time, though the edge says that it has none", async () => {
  const lying = createServer((request, response) => {
    response.setHeader("Content-Type", "application/json");
    if (request.method === "POST") response.end('{"id":"session","createdAtMs":0,"expiresAtMs":null}');
    // So late that the edge would have been said to be gone meanwhile.
    else setTimeout(() => response.writeHead(404).end("{}"), request.method === "DELETE" ? 1_500 : 0);
  }).listen(0, "127.0.0.1");
  await once(lying, "listening");
  const { port } = lying.address() as AddressInfo;
  try {
    const { notes, output } = listen();
    const config = sendConfig(`http://127.0.0.1:${port}`, { expiresMs: 1_000 });
    await runSend(config, {}, output, AbortSignal.timeout(20_000));
    expect(notes.at(-1)).toBe("The session has expired.");
  } finally {
    lying.closeAllConnections();
    lying.close();
  }
}, 40_000);

it("ends at its time, though no edge tells it to", async () => {
  const edge = await openEdge();
  const { events, notes, output } = listen();
  const sending = runSend(sendConfig(edge.url, { expiresMs: 5_000 }), {}, output, new AbortController().signal);
  await until(() => events.some(({ event }) => event === "link"), "the link");
  await edge.close();
  await sending;
  expect(notes.at(-1)).toBe("The session has expired.");
  expect(new IdentityStore(stateDir).list()).toEqual([]);
}, 40_000);
