import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { makeSenderInstance, makeViewerId } from "../../src/protocol/ids.ts";
import {
  PING_INTERVAL_MS,
  SUBPROTOCOL,
  SUBPROTOCOL_SENDER,
  SUBPROTOCOL_TOKEN,
  SUBPROTOCOL_VIEWER,
} from "../../src/protocol/limits.ts";
import { deriveLinkKeys } from "../../src/protocol/link.ts";
import { PONG_WAIT_MAX_MS } from "../../src/protocol/liveness.ts";
import type { ToSenderMessage } from "../../src/protocol/messages.ts";
import type { Edge } from "../../src/sender/edge/embedded.ts";
import { SenderError } from "../../src/sender/errors.ts";
import { type Identity, makeIdentity } from "../../src/sender/identity.ts";
import { createSession } from "../../src/sender/signaling/api.ts";
import { SignalingClient } from "../../src/sender/signaling/client.ts";
import { creationOf, openEdge, PUBLISH_KEY } from "./support/edge.ts";
import { until } from "./support/viewer.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge();
  return () => edge.close();
}, 30_000);

/** A sender's signaling whose every turn is kept. */
class Sender {
  readonly messages: ToSenderMessage[] = [];
  readonly turns: string[] = [];
  readonly instance = makeSenderInstance();
  readonly client: SignalingClient;
  readonly unsaid: string[] = [];
  recreations = 0;

  constructor(identity: Identity, url = edge.url, senderToken = identity.senderToken) {
    this.client = new SignalingClient({
      edge: url,
      sessionId: identity.sessionId,
      senderToken,
      instance: this.instance,
      onMessage: (message) => this.messages.push(message),
      onOnline: () => this.turns.push("online"),
      onOffline: () => this.turns.push("offline"),
      recreate: async () => {
        this.recreations++;
        await createSession(url, PUBLISH_KEY, creationOf(identity));
      },
      onFatal: (code, message) => this.turns.push(`fatal ${code}: ${message}`),
      onUnsaid: (why) => this.unsaid.push(why),
    });
  }

  async online(times = 1): Promise<this> {
    await until(() => this.turns.filter((turn) => turn === "online").length >= times, `${times} times online`, 25_000);
    return this;
  }
}

const clients: SignalingClient[] = [];
const sockets: WebSocket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const socket of sockets.splice(0)) socket.close();
  vi.restoreAllMocks();
});

function join(...args: ConstructorParameters<typeof Sender>): Sender {
  const sender = new Sender(...args);
  clients.push(sender.client);
  sender.client.open();
  return sender;
}

async function newSession(): Promise<Identity> {
  const identity = makeIdentity();
  await createSession(edge.url, PUBLISH_KEY, creationOf(identity));
  return identity;
}

/** A viewer's bare socket. */
async function enter(identity: Identity, viewer: string) {
  const { joinToken } = deriveLinkKeys(identity.sessionId, "viewer", identity.viewerSecret);
  const url = `${edge.url.replace("http", "ws")}/api/sessions/${identity.sessionId}/signal`;
  const socket = new WebSocket(url, [SUBPROTOCOL, SUBPROTOCOL_TOKEN + joinToken, SUBPROTOCOL_VIEWER + viewer]);
  sockets.push(socket);
  const heard: { type: string }[] = [];
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  await until(() => heard.length > 0, "the viewer's welcome");
  return { socket, heard };
}

describe("the sender's signaling", () => {
  it("is welcomed, hears viewers, and answers them", async () => {
    const identity = await newSession();
    const sender = await join(identity).online();
    expect(sender.messages).toEqual([{ type: "welcome", standby: true, iceServers: [], viewers: [], parameters: {} }]);
    const viewer = makeViewerId();
    const { socket, heard } = await enter(identity, viewer);
    socket.send(JSON.stringify({ type: "offer", connection: 0, sdp: "v=0" }));
    await until(() => sender.messages.length === 3, "the offer");
    expect(sender.messages.slice(1)).toEqual([
      { type: "viewer-joined", viewer, role: "viewer" },
      { type: "offer", viewer, connection: 0, sdp: "v=0" },
    ]);
    expect(sender.client.send({ type: "answer", viewer, connection: 0, sdp: "v=0 answer" })).toBe(true);
    await until(() => heard.length === 2, "the answer");
    expect(heard[1]).toEqual({ type: "answer", connection: 0, sdp: "v=0 answer" });
  });

  it("hears of those who came before it", async () => {
    const identity = await newSession();
    const viewer = makeViewerId();
    await enter(identity, viewer);
    const sender = await join(identity).online();
    expect(sender.messages[0]).toMatchObject({ type: "welcome", viewers: [{ viewer, role: "viewer" }] });
  });

  it("says when a message could not be sent", async () => {
    const sender = new Sender(await newSession());
    expect(sender.client.send({ type: "bye", viewer: makeViewerId() })).toBe(false);
  });

  it("ends quietly when it is closed, and does not come back", async () => {
    const sender = await join(await newSession()).online();
    sender.client.close();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(sender.turns).toEqual(["online"]);
  });
});

describe("it gives up for good", () => {
  it("when another sender took its place", async () => {
    const identity = await newSession();
    const first = await join(identity).online();
    await join(identity).online();
    await until(() => first.turns.length === 2, "the end of the first");
    expect(first.turns[1]).toBe("fatal replaced: A newer connection took this one's place.");
  });

  it("when its token is not the session's", async () => {
    const identity = await newSession();
    const stranger = join(identity, edge.url, makeIdentity().senderToken);
    await until(() => stranger.turns.some((turn) => turn.startsWith("fatal")), "the refusal");
    expect(stranger.turns.at(-1)).toMatch(/^fatal unauthorized: .*: another sender has it\. /);
    expect(stranger.recreations).toBe(0);
  });

  it("when the session was ended", async () => {
    const identity = await newSession();
    const sender = await join(identity).online();
    const ended = await fetch(`${edge.url}/api/sessions/${identity.sessionId}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${identity.senderToken}` },
    });
    expect(ended.ok).toBe(true);
    await until(() => sender.turns.length === 2, "the end");
    expect(sender.turns[1]).toBe("fatal session-ended: The session has ended.");
  });
});

describe("it comes back", () => {
  it("to an edge that was started anew and has forgotten the session, which it creates again", async () => {
    const second = await openEdge();
    const identity = makeIdentity();
    await createSession(second.url, PUBLISH_KEY, creationOf(identity));
    const sender = await join(identity, second.url).online();
    await second.close();
    await until(() => sender.turns.includes("offline"), "the loss of the edge");
    const third = await openEdge(second.port);
    try {
      await sender.online(2);
      expect(sender.recreations).toBeGreaterThanOrEqual(1);
      expect(sender.turns.some((turn) => turn.startsWith("fatal"))).toBe(false);
      const status = await fetch(`${third.url}/api/sessions/${identity.sessionId}`, {
        headers: { authorization: `Bearer ${identity.senderToken}` },
      });
      expect(await status.json()).toMatchObject({ sender: expect.any(String) });
      sender.client.close();
    } finally {
      await third.close();
    }
  }, 40_000);

  it("to a session that it never created, by creating it", async () => {
    const identity = makeIdentity();
    const sender = await join(identity).online();
    expect(sender.recreations).toBe(1);
  });
});

it("gives an edge up that takes the connection and says nothing, and tries again", async () => {
  const held = new Set<Socket>();
  const silent = createTcpServer((socket) => void held.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const turns: string[] = [];
  const client = new SignalingClient({
    edge: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    sessionId: "front-door",
    senderToken: "x".repeat(43),
    instance: makeSenderInstance(),
    onMessage: () => {},
    onOnline: () => {},
    onOffline: () => turns.push("offline"),
    recreate: async () => {},
    onFatal: () => {},
    welcomeMs: 50,
  });
  clients.push(client);
  client.open();
  await until(() => held.size >= 2 && turns.length >= 1, "another attempt", 5_000);
  client.close();
  for (const socket of held) socket.destroy();
  silent.close();
});

it("hands on why an edge refuses its socket", async () => {
  const reasons: (string | undefined)[] = [];
  const refused = new SignalingClient({
    edge: edge.url,
    sessionId: "no-such-session",
    senderToken: "x".repeat(43),
    instance: makeSenderInstance(),
    onMessage: () => {},
    onOnline: () => {},
    onOffline: (reason) => reasons.push(reason),
    recreate: async () => {},
    onFatal: () => {},
  });
  clients.push(refused);
  refused.open();
  await until(() => reasons.length > 0, "the refusal");
  expect(reasons[0]).toBe("There is no such session. Check the link, or start the sender again.");
});

it("comes back when an attempt that it gave up reaches the edge late, and takes its place there", async () => {
  const identity = await newSession();
  const sender = await join(identity).online();
  const url = `${edge.url.replace("http", "ws")}/api/sessions/${identity.sessionId}/signal`;
  const { senderToken } = identity;
  const protocols = [SUBPROTOCOL, SUBPROTOCOL_TOKEN + senderToken, SUBPROTOCOL_SENDER + sender.instance];
  const late = new WebSocket(url, protocols);
  sockets.push(late);
  await sender.online(2);
  expect(sender.turns).toEqual(["online", "offline", "online"]);
});

it("takes no word of a socket that it gave up for one about its successor", async () => {
  const opened: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      opened.push(this);
    }
    // The first one's pings are lost on their way.
    override send(data: Parameters<WebSocket["send"]>[0]): void {
      if (this !== opened[0]) super.send(data);
    }
  }
  vi.stubGlobal("WebSocket", Watched);
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const sender = await join(await newSession()).online();
    vi.advanceTimersByTime(PING_INTERVAL_MS);
    await sender.online(2);
    const data = JSON.stringify({
      type: "error",
      code: "replaced",
      message: "A newer connection took this one's place.",
    });
    opened[0]?.onmessage?.(new MessageEvent("message", { data }));
    opened[1]?.close();
    await sender.online(3);
    expect(sender.turns).toEqual(["online", "offline", "online", "offline", "online"]);
  } finally {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  }
});

describe("when the network changes", () => {
  /** A way to the edge that can be cut without a word, as when an address is lost. */
  async function openWay() {
    const held = new Set<Socket>();
    const way = { url: "", cut: false, opened: 0, close: () => {} };
    const server = createTcpServer((near) => {
      way.opened++;
      const far = connect(Number(new URL(edge.url).port), "127.0.0.1");
      for (const socket of [near, far]) held.add(socket.on("error", () => {}));
      near.on("data", (data) => way.cut || far.write(data));
      far.on("data", (data) => way.cut || near.write(data));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    way.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    way.close = () => {
      for (const socket of held) socket.destroy();
      server.close();
    };
    return way;
  }

  it("a socket that gives no sign of life when asked is given up, long before its next ping", async () => {
    const way = await openWay();
    const sender = await join(await newSession(), way.url).online();
    way.cut = true;
    sender.client.hurry();
    await until(() => sender.turns.includes("offline"), "the loss", PING_INTERVAL_MS / 2);
    // Attempts on a dead network are given up soon too.
    await until(() => way.opened >= 3, "another attempt", PING_INTERVAL_MS);
    way.cut = false;
    await sender.online(2);
    way.close();
  }, 30_000);

  it("a socket that answers stays", async () => {
    const way = await openWay();
    const sender = await join(await newSession(), way.url).online();
    sender.client.probe();
    sender.client.hurry();
    await sleep(PONG_WAIT_MAX_MS + 300);
    expect([sender.turns, way.opened]).toEqual([["online"], 1]);
    way.close();
  });

  it("whoever waits to try again tries at once, and once", async () => {
    const way = await openWay();
    way.cut = true;
    const sender = join(await newSession(), way.url);
    await until(() => way.opened === 1, "the first attempt");
    way.cut = false;
    sender.client.hurry();
    await sender.online();
    await sleep(500);
    expect(sender.turns).toEqual(["online"]);
    way.close();
  });

  it("a client that was closed stays closed", async () => {
    const sender = await join(await newSession()).online();
    sender.client.close();
    sender.client.hurry();
    sender.client.probe();
    await sleep(300);
    expect(sender.turns).toEqual(["online"]);
  });
});

it("is not shaken by what it does not understand", async () => {
  const opened: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      opened.push(this);
    }
  }
  vi.stubGlobal("WebSocket", Watched);
  const sender = await join(makeIdentity()).online();
  vi.unstubAllGlobals();
  const before = sender.messages.length;
  for (const data of ["?", '{"type":"future"}', '{"type":"offer"}', new ArrayBuffer(3), "x".repeat(300_000)]) {
    opened.at(-1)?.onmessage?.(new MessageEvent("message", { data }));
  }
  expect(sender.messages.length).toBe(before);
  expect(sender.client.send({ type: "bye", viewer: makeViewerId() })).toBe(true);
});

it("leaves unsaid what would cost it its socket, and tells of it once, without a word of it", async () => {
  const identity = await newSession();
  const { client, turns, unsaid } = await join(identity).online();
  const viewer = makeViewerId();
  const { heard } = await enter(identity, viewer);
  const to = { viewer, connection: 0 };
  for (let i = 0; i < 2; i++) {
    expect(client.send({ type: "candidate", ...to, candidate: null, sdpMid: "m".repeat(65) })).toBe(true);
    expect(client.send({ type: "answer", ...to, sdp: "ü".repeat(40_000) })).toBe(true);
  }
  client.send({ type: "bye", ...to });
  await until(() => heard.some(({ type }) => type === "bye"), "the good-bye");
  expect(turns).toEqual(["online"]);
  expect(unsaid).toEqual([expect.stringContaining('"candidate"'), expect.stringContaining('"answer"')]);
  expect(unsaid.join()).not.toMatch(/mm|ü/);
});

it("never writes a token anywhere", async () => {
  const written: unknown[] = [];
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => void written.push(...args));
  }
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => written.push(text) > 0);
  }
  const identity = await newSession();
  const sender = await join(identity).online();
  const stranger = join(identity, edge.url, "x".repeat(43));
  await until(() => stranger.turns.some((turn) => turn.startsWith("fatal")), "the refusal");
  vi.restoreAllMocks();
  const all = inspect([written, sender.turns, stranger.turns, sender.messages], { depth: 10 });
  for (const secret of [identity.senderToken, identity.viewerSecret, identity.operatorSecret, "x".repeat(43)]) {
    expect(all).not.toContain(secret);
  }
});

describe("creating a session is refused in a sentence", () => {
  const creation = () => creationOf(makeIdentity());
  async function refusal(url: string, key = PUBLISH_KEY, body = creation()): Promise<SenderError> {
    const error = await createSession(url, key, body).catch((error: unknown) => error);
    if (error instanceof SenderError) return error;
    throw new Error(`no refusal but ${inspect(error)}`);
  }

  it("with a wrong publish key", async () => {
    const error = await refusal(edge.url, "not-the-key");
    expect(error).toMatchObject({ reason: "edge", code: "publish-key-refused" });
    expect(error.message).toBe(
      `The edge at ${edge.url} refused: The publish key is missing or wrong. Set SIGHTLINE_PUBLISH_KEY to the edge's: \`sightline serve\` prints which file it is in; on Cloudflare it is the secret PUBLISH_KEY.`,
    );
    expect(inspect(error, { depth: 10 })).not.toContain("not-the-key");
  });

  it("for an id that another sender holds", async () => {
    const identity = await newSession();
    const other = { ...creationOf(makeIdentity()), id: identity.sessionId };
    expect(await refusal(edge.url, PUBLISH_KEY, other)).toMatchObject({ reason: "edge", code: "session-exists" });
  });

  it("at once when whoever waits for a slow edge is told to stop", async () => {
    const silent = createTcpServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const abort = new AbortController();
    const connected = once(silent, "connection");
    const creating = createSession(url, PUBLISH_KEY, creation(), abort.signal);
    const [socket] = await connected;
    abort.abort();
    await expect(creating).rejects.toMatchObject({ reason: "edge" });
    (socket as Socket).destroy();
    silent.close();
  }, 5_000);

  it("by an edge that is not there", async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise((resolve) => closed.close(resolve));
    const error = await refusal(url);
    expect(error).toMatchObject({ reason: "edge", code: "edge-unreachable" });
    expect(error.message).toBe(`The edge at ${url} cannot be reached. Is it running, and is the address right?`);
    expect(inspect(error, { depth: 10 })).not.toContain(PUBLISH_KEY);
  });

  it.each([
    ["a page", 200, "<html>Welcome</html>"],
    ["an error page", 404, "<html>404</html>"],
    ["JSON of its own", 403, '{"message":"no"}'],
    ["a redirect", 302, ""],
  ])("by what is no edge and answers with %s", async (_name, status, body) => {
    const server: Server = createServer((_request, response) => {
      response.writeHead(status, { location: "/login" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await refusal(url);
    server.closeAllConnections();
    server.close();
    expect(error).toMatchObject({ reason: "edge", code: "edge-unreachable" });
    expect(error.message).toBe(`What answers at ${url} (HTTP ${status}) is no Sightline edge. Check --edge.`);
  });
});
