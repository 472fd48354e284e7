import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OwnerConfig } from "../../src/sender/config.ts";
import { type Identity, IdentityStore, makeIdentity, rotateLinks } from "../../src/sender/identity.ts";
import type { Output, OutputEvent } from "../../src/sender/output.ts";
import { runOwner } from "../../src/sender/owner/owner.ts";

let stateDir: string;
let store: IdentityStore;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "sightline-owner-"));
  store = new IdentityStore(stateDir);
});
afterEach(() => rm(stateDir, { recursive: true }));

/** What answers in an edge's place. */
async function answering(answer: (method: string) => [status: number, body: object]) {
  const server = createServer(({ method = "" }, response) => {
    const [status, body] = answer(method);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void server.close().closeAllConnections() };
}

async function run(action: "end" | "kick" | "rotate" | "status", extra: Partial<OwnerConfig> = {}) {
  const events: OutputEvent[] = [];
  const notes: string[] = [];
  const output: Output = { emit: (event) => events.push(event), note: (line) => notes.push(line), qr: () => {} };
  await runOwner({ action, stateDir, roles: ["viewer", "operator"], json: false, ...extra }, output);
  return { events, notes };
}

function keep(extra: Partial<Identity>): Identity {
  const identity = { ...makeIdentity("front-door"), ...extra };
  store.write(identity);
  return identity;
}

const STATUS = {
  ...{ id: "front-door", createdAtMs: 0, expiresAtMs: null, sender: null, senderSinceMs: null },
  ...{ viewers: 0, maxViewers: 100, whep: true, parameters: {}, report: null },
};

describe("sightline rotate", () => {
  const originsIn = (events: OutputEvent[]) =>
    events.map((event) => ("url" in event ? new URL(event.url).origin : undefined));

  it("prints links that other machines can open, as the sender did", async () => {
    using edge = await answering(() => [200, STATUS]);
    keep({ edge: edge.url, shown: ["http://192.0.2.7:8787", edge.url] });
    const { events } = await run("rotate");
    expect(events.map(({ event }) => event)).toEqual(["link", "link", "whep"]);
    expect(new Set(originsIn(events))).toEqual(new Set(["http://192.0.2.7:8787"]));
    expect(store.read("front-door")?.shown).toEqual(["http://192.0.2.7:8787", edge.url]);
  });

  it.each([
    ["that is named with --edge", { shown: ["http://192.0.2.7:8787"], edge: "http://127.0.0.1:9" }, true],
    ["of a sender that did not keep what it printed", {}, false],
  ])("prints links for the edge %s", async (_name, kept, named) => {
    using edge = await answering(() => [200, STATUS]);
    keep({ edge: edge.url, ...kept });
    const { events } = await run("rotate", named ? { edge: edge.url } : {});
    expect(new Set(originsIn(events))).toEqual(new Set([edge.url]));
  });
});

it("sightline status says a rate as people do, and what encodes the picture", async () => {
  const camera = { width: 1280, height: 720, fps: 30, encoder: "nvenc" };
  const parameters = { width: 1280, height: 720, fps: 30_000 / 1_001, bitrateBps: 2_500_000, paused: false };
  using edge = await answering(() => [
    200,
    {
      ...{ id: "front-door", createdAtMs: 0, expiresAtMs: null, sender: null, senderSinceMs: null, viewers: 0 },
      ...{ maxViewers: 100, whep: false, parameters: {}, report: { cameras: [camera], parameters } },
    },
  ]);
  keep({ edge: edge.url });
  const { notes } = await run("status");
  expect(notes).toContain("Stream    1280x720 at 29.97 fps, at most 2.5 Mbps, nvenc");
});

describe("an owner's command", () => {
  it.each([
    [[], ""],
    [["front-door", "back-door"], " Kept here: back-door, front-door."],
    [
      Array.from({ length: 12 }, (_, i) => `robot-${10 + i}`),
      ` Kept here: ${Array.from({ length: 10 }, (_, i) => `robot-${10 + i}`).join(", ")}, and 2 more.`,
    ],
  ])("for a session that is not kept says which are: %j", async (ids, says) => {
    for (const id of ids) store.write(makeIdentity(id));
    const message = `Session attic is not kept here. Was it started with another --state?${says}`;
    await expect(run("status", { session: "attic" })).rejects.toMatchObject({ code: "session-unknown", message });
  });

  it("whose session another sender has by now says so", async () => {
    const message = "This token is not valid for session front-door.";
    using edge = await answering(() => [401, { error: { code: "unauthorized", message } }]);
    keep({ edge: edge.url });
    await expect(run("status")).rejects.toMatchObject({
      code: "unauthorized",
      message: `The edge at ${edge.url} refused: ${message} Another sender has that session by now.`,
    });
  });
});

it.each([
  ["is out", "s".repeat(22), /^The viewer is out\. Its link still works/],
  [
    "leaves once the camera is back",
    null,
    /^The edge let the viewer go\. The camera .* hears of it once it is\. .* kick again then\. Its link/,
  ],
])("sightline kick says that the viewer %s", async (_what, sender, sentence) => {
  using edge = await answering((method) => (method === "GET" ? [200, { ...STATUS, sender }] : [204, {}]));
  keep({ edge: edge.url });
  const { notes } = await run("kick", { viewer: "v".repeat(22) });
  expect(notes).toEqual([expect.stringMatching(sentence)]);
});

describe("sightline end", () => {
  it("is done where the edge knows no such session any more", async () => {
    using edge = await answering(() => [404, { error: { code: "session-not-found", message: "None." } }]);
    keep({ edge: edge.url });
    const { notes } = await run("end");
    expect(notes).toEqual([
      `The edge at ${edge.url} knows no session front-door any more. The sender stops, if it runs.`,
    ]);
    expect(store.read("front-door")).toMatchObject({ ended: true });
  });

  it("says that the sender stops though the edge refuses", async () => {
    using edge = await answering(() => [500, { error: { code: "internal", message: "Something failed." } }]);
    keep({ edge: edge.url });
    await expect(run("end")).rejects.toMatchObject({
      reason: "edge",
      code: "internal",
      message: expect.stringMatching(/Something failed\. The sender stops all the same, if it runs\.$/),
    });
    expect(store.read("front-door")).toMatchObject({ ended: true });
  });

  it("keeps links that were made while the edge was asked", async () => {
    let rotated: Identity | undefined;
    using edge = await answering(() => {
      rotated = rotateLinks(store.read("front-door") as Identity, ["viewer"]);
      store.write(rotated);
      return [200, {}];
    });
    keep({ edge: edge.url });
    await run("end");
    expect(store.read("front-door")).toEqual({ ...rotated, ended: true });
  });

  it("leaves no file behind of a session whose sender took it away meanwhile", async () => {
    using edge = await answering(() => {
      store.remove("front-door");
      return [200, {}];
    });
    keep({ edge: edge.url });
    await run("end");
    expect(store.list()).toEqual([]);
  });
});
