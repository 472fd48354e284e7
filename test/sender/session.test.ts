import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionStatus } from "../../src/protocol/http.ts";
import { makeViewerId } from "../../src/protocol/ids.ts";
import { hashToken } from "../../src/protocol/link.ts";
import type { StreamParameters } from "../../src/protocol/stream.ts";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import type { SendConfig } from "../../src/sender/config.ts";
import type { Edge } from "../../src/sender/edge/embedded.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { type Identity, makeIdentity } from "../../src/sender/identity.ts";
import { LiveCamera } from "../../src/sender/live-camera.ts";
import type { Output } from "../../src/sender/output.ts";
import { type Ending, Session } from "../../src/sender/session.ts";
import { createSession, kickViewer, sessionStatus } from "../../src/sender/signaling/api.ts";
import { creationOf, openEdge, PUBLISH_KEY } from "./support/edge.ts";
import { until, Viewer } from "./support/viewer.ts";

Log.setLevel(AV_LOG_QUIET);

const FORMAT = { width: 160, height: 90, fps: 10 };
const CONFIG: SendConfig = {
  host: "127.0.0.1",
  port: 0,
  lan: false,
  trustProxy: false,
  stateDir: "/nowhere",
  cameras: ["pattern"],
  bitrateBps: 200_000,
  encoder: "x264",
  whep: true,
  relayOnly: false,
  json: false,
};

/** A sender's session on an edge, whose notes and states are kept. */
class Stage implements AsyncDisposable {
  readonly identity: Identity;
  readonly notes: string[] = [];
  readonly states: string[] = [];
  readonly endings: Ending[] = [];
  readonly errors: string[] = [];
  camera: LiveCamera | undefined;
  readonly #cleanup = new AsyncDisposableStack();

  constructor(identity: Identity = makeIdentity()) {
    this.identity = identity;
  }

  /** @param probed what the camera was at first */
  async open(edge: Edge, asked: Partial<SendConfig> = {}, probed = FORMAT): Promise<void> {
    const config = { ...CONFIG, ...asked };
    const output: Output = {
      emit: (event) => {
        if (event.event === "viewer") this.states.push(event.state);
        if (event.event === "error") this.errors.push(event.code);
      },
      note: (line) => void this.notes.push(line),
      qr: () => {},
    };
    const request = { ...creationOf(this.identity), whepTokenHash: hashToken(this.identity.whepToken) };
    await createSession(edge.url, PUBLISH_KEY, request);
    const camera = this.#cleanup.use(
      new LiveCamera(patternCamera(FORMAT), { format: probed, config, output, encoder: X264 }),
    );
    this.camera = camera;
    const reached = { origin: edge.url, publishKey: PUBLISH_KEY, shown: [edge.url] };
    const onEnd = (ending: Ending) => void this.endings.push(ending);
    const options = { config, identity: this.identity, edge: reached, request, camera, output, onEnd };
    this.#cleanup.use(new Session(options)).open();
    await this.here(edge);
  }

  async status(edge: Edge) {
    return sessionStatus(edge.url, this.identity.sessionId, this.identity.senderToken);
  }

  async here(edge: Edge): Promise<void> {
    await this.#until(edge, ({ sender }) => sender !== null, "the sender");
  }

  async reports(edge: Edge, such: (parameters: StreamParameters) => boolean): Promise<void> {
    await this.#until(edge, ({ report }) => report !== null && such(report.parameters), "the report");
  }

  async #until(edge: Edge, such: (status: SessionStatus) => boolean, what: string): Promise<void> {
    let done = false;
    const ask = () =>
      void this.status(edge).then(
        (status) => (done ||= such(status)),
        () => {},
      );
    const asking = setInterval(ask, 50);
    await until(() => done, what, 20_000).finally(() => clearInterval(asking));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cleanup.disposeAsync();
  }
}

it("says once why an edge that has forgotten the session does not take it up again, and goes on trying", async () => {
  const first = await openEdge();
  await using stage = new Stage();
  await stage.open(first);
  await first.close();
  const other = await openEdge(first.port, { vars: { PUBLISH_KEY: "another-key", ICE_SERVERS: "[]" } });
  const refused = () => stage.notes.filter((note) => note.includes("does not take it up again"));
  await until(() => refused().length > 0, "the refusal");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(refused()).toEqual([
    `The edge has forgotten this session, and does not take it up again; trying on. The edge at ${first.url} refused: The publish key is missing or wrong. Set SIGHTLINE_PUBLISH_KEY to the edge's: \`sightline serve\` prints which file it is in; on Cloudflare it is the secret PUBLISH_KEY.`,
  ]);
  expect(refused()[0]).not.toContain(PUBLISH_KEY);
  await other.close();
  const third = await openEdge(first.port);
  try {
    await stage.here(third);
    expect(stage.endings).toEqual([]);
  } finally {
    await third.close();
  }
}, 60_000);

it("says what the camera is now where it was another at the start", async () => {
  const edge = await openEdge();
  try {
    await using stage = new Stage();
    await stage.open(edge, {}, { width: 320, height: 180, fps: 5 });
    await stage.reports(edge, ({ width, fps }) => width === 320 && fps === 5);
    stage.camera?.setWatched(true);
    await stage.reports(edge, ({ width, fps }) => width === FORMAT.width && fps === FORMAT.fps);
  } finally {
    await edge.close();
  }
}, 60_000);

it("a camera that its owner paused stays so where the edge has forgotten the session", async () => {
  const first = await openEdge();
  await using stage = new Stage();
  await stage.open(first);
  const asked = await fetch(`${first.url}/api/sessions/${stage.identity.sessionId}`, {
    method: "PATCH",
    headers: { Authorization: `Bearer ${stage.identity.senderToken}`, "Content-Type": "application/json" },
    body: JSON.stringify({ paused: true, fps: 7 }),
  });
  expect(asked.status).toBe(200);
  await stage.reports(first, (parameters) => parameters.paused === true);
  await first.close();
  const second = await openEdge(first.port);
  try {
    await stage.here(second);
    await stage.reports(second, () => true);
    const { parameters, report } = await stage.status(second);
    expect(parameters).toEqual({ paused: true, fps: 7 });
    expect(report?.parameters).toMatchObject({ paused: true, fps: 7 });
  } finally {
    await second.close();
  }
}, 60_000);

it("ends for a reason of its own where another sender takes the session over, and does not come back", async () => {
  const edge = await openEdge();
  await using first = new Stage();
  await using second = new Stage(first.identity);
  try {
    await first.open(edge);
    await second.open(edge);
    await until(() => first.endings.length > 0, "the end");
    const message = expect.stringContaining("Another sender took this session over");
    expect(first.endings).toMatchObject([{ error: { reason: "replaced", code: "replaced", message } }]);
    expect(second.endings).toEqual([]);
  } finally {
    await edge.close();
  }
}, 60_000);

it("ends when it is back where its owner ended the session while it was offline", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-session-"));
  const first = await openEdge(0, { stateDir });
  await using stage = new Stage();
  await stage.open(first);
  await first.close();
  const url = (edge: Edge) => `${edge.url}/api/sessions/${stage.identity.sessionId}`;
  const headers = { Authorization: `Bearer ${PUBLISH_KEY}` };
  // Where the sender does not reach it.
  const elsewhere = await openEdge(0, { stateDir });
  expect((await fetch(url(elsewhere), { method: "DELETE", headers })).status).toBe(204);
  await elsewhere.close();
  const second = await openEdge(first.port, { stateDir });
  try {
    await until(() => stage.endings.length > 0, "the end", 20_000);
    expect(stage.endings).toEqual([{ sentence: "The session has ended." }]);
    expect((await fetch(url(second), { headers })).status).toBe(404);
  } finally {
    await second.close();
    await rm(stateDir, { recursive: true, force: true });
  }
}, 60_000);

describe("through relays alone", () => {
  const TURN = { TURN_URLS: "turn:127.0.0.1:9", TURN_SHARED_SECRET: "north" };

  it.each([
    ["where the edge names none, the sender says so", {}, ["relay-missing"]],
    ["where it names one, nothing is said", TURN, []],
    ["nor where it hands them out on demand", { ...TURN, TURN_POLICY: "on-demand" }, []],
    ["but where viewers alone get them", { ...TURN, TURN_POLICY: "viewer" }, ["relay-missing"]],
  ])("%s", async (_what, settings, errors) => {
    const edge = await openEdge(0, { vars: { PUBLISH_KEY, ICE_SERVERS: "[]", ...settings } });
    await using stage = new Stage();
    try {
      await stage.open(edge, { relayOnly: true });
      if (errors.length > 0) await until(() => stage.errors.length > 0, "the error");
      else await new Promise((resolve) => setTimeout(resolve, 500));
      expect(stage.errors).toEqual(errors);
    } finally {
      await edge.close();
    }
  });
});

describe("a WHEP player", () => {
  let edge: Edge;
  let stage: Stage;
  beforeEach(async () => {
    edge = await openEdge();
    stage = new Stage();
    await stage.open(edge);
  });
  afterEach(async () => {
    await stage[Symbol.asyncDispose]();
    await edge.close();
  });
  const ask = (method: string, path: string, body?: string, type = "application/sdp") =>
    fetch(new URL(path, edge.url), {
      method,
      headers: { Authorization: `Bearer ${stage.identity.whepToken}`, "Content-Type": type },
      ...(body === undefined ? {} : { body }),
    });
  const endpoint = () => `/api/sessions/${stage.identity.sessionId}/whep`;
  const offerOf = async (codec?: string) => {
    await using player = new Viewer(stage.identity, codec ? { codec } : {});
    return (await player.offer()).sdp;
  };

  it.each([
    [
      "no video",
      async () => (await offerOf()).replaceAll("m=video", "m=audio"),
      /^The offer has no video section: add /,
    ],
    ["VP8 alone", () => offerOf("video/VP8"), /^The offer takes no H.264, the one codec /],
  ])(
    "that offers %s is told so",
    async (_what, make, message) => {
      const sdp = await make();
      const asSdp = await ask("POST", endpoint(), sdp);
      const asJson = await ask("POST", endpoint(), JSON.stringify({ type: "offer", sdp }), "application/json");
      for (const response of [asSdp, asJson]) {
        expect(response.status).toBe(400);
        expect(await response.json()).toEqual({
          error: { code: "bad-request", message: expect.stringMatching(message) },
        });
      }
      expect(await stage.status(edge)).toMatchObject({ viewers: 0 });
    },
    60_000,
  );

  it("that finds no path is told of once, and of the TURN server that is not there", async () => {
    for (let i = 0; i < 2; i++) {
      const answer = await ask("POST", endpoint(), await offerOf());
      expect(answer.status).toBe(201);
      expect(stage.notes).toHaveLength(i);
      await new Promise((resolve) => setTimeout(resolve, 5_500));
      expect((await ask("DELETE", answer.headers.get("Location") ?? "")).status).toBe(200);
      await until(() => stage.notes.length > 0, "the note");
    }
    expect(stage.notes).toEqual([
      expect.stringContaining("the edge names no TURN server for this sender: docs/deploy.md, TURN."),
    ]);
  }, 60_000);
});

/** A WHEP player that watches, and its id. */
async function play(stage: Stage, edge: Edge): Promise<{ player: Viewer; id: string }> {
  const player = new Viewer(stage.identity, { id: makeViewerId() });
  const { sdp } = await player.offer();
  const answer = await fetch(`${edge.url}/api/sessions/${stage.identity.sessionId}/whep`, {
    method: "POST",
    headers: { Authorization: `Bearer ${stage.identity.whepToken}`, "Content-Type": "application/sdp" },
    body: sdp,
  });
  expect(answer.status).toBe(201);
  await player.acceptUnproved(await answer.text());
  await until(() => stage.states.includes("connected"), "the connection");
  return { player, id: answer.headers.get("Location")?.split("/").at(-1) ?? "" };
}

it("a WHEP player that is kicked while the sender is away from the edge is dropped when it is back", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-session-"));
  const first = await openEdge(0, { stateDir });
  await using stage = new Stage();
  await stage.open(first);
  const { player, id } = await play(stage, first);
  await using _leaves = player;
  await first.close();
  // Where the sender does not reach it.
  const elsewhere = await openEdge(0, { stateDir });
  await kickViewer(elsewhere.url, stage.identity.sessionId, stage.identity.senderToken, id);
  await elsewhere.close();
  expect(stage.states).toEqual(["connected"]);
  const second = await openEdge(first.port, { stateDir });
  try {
    await until(() => stage.states.includes("gone"), "the end of the connection", 20_000);
    await stage.here(second);
  } finally {
    await second.close();
    await rm(stateDir, { recursive: true, force: true });
  }
}, 60_000);

it("a WHEP player that goes while the edge is away gives its place back when the edge has returned", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-session-"));
  const first = await openEdge(0, { stateDir });
  await using stage = new Stage();
  await stage.open(first);
  const { player } = await play(stage, first);
  expect(await stage.status(first)).toMatchObject({ viewers: 1 });

  await first.close();
  await player[Symbol.asyncDispose]();
  await until(() => stage.states.includes("gone"), "the end of the connection", 40_000);
  const second = await openEdge(first.port, { stateDir });
  try {
    await stage.here(second);
    let viewers = -1;
    const ask = () =>
      void stage.status(second).then(
        (status) => (viewers = status.viewers),
        () => {},
      );
    const asking = setInterval(ask, 50);
    await until(() => viewers === 0, "the place").finally(() => clearInterval(asking));
  } finally {
    await second.close();
    await rm(stateDir, { recursive: true, force: true });
  }
}, 90_000);
