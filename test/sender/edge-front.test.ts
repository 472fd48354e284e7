import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Edge, type EdgeOptions, startEdge } from "../../src/sender/edge/embedded.ts";
import { RATE_LIMITS } from "../../src/sender/edge/rate-limits.ts";
import { startTurnApi, TURN_API_TOKEN } from "../support/turn-api.ts";

const PUBLISH_KEY = "key-of-the-test";
const running: { close(): Promise<void> }[] = [];

async function start(options: Partial<EdgeOptions> = {}, vars: Record<string, string> = {}): Promise<Edge> {
  const edge = await startEdge({
    host: "127.0.0.1",
    port: 0,
    ...options,
    vars: { PUBLISH_KEY, ICE_SERVERS: "[]", ...vars },
  });
  running.push(edge);
  return edge;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.close()));
});

const create = (edge: Edge, headers: Record<string, string>, body: object = {}) =>
  fetch(`${edge.url}/api/sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${PUBLISH_KEY}`, ...headers },
    body: JSON.stringify(body),
  });

describe("who a client of the embedded edge is", () => {
  it("is decided by its socket: a new name in each request does not lift the limit", async () => {
    const edge = await start({ rateLimits: { CREATE_LIMIT: 3 } });
    const statuses = [];
    for (let i = 0; i < 5; i++) {
      const claims = { "CF-Connecting-IP": `203.0.113.${i}`, "X-Forwarded-For": `203.0.113.${i}` };
      statuses.push((await create(edge, claims)).status);
    }
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
  });

  it("is decided by the proxy once it is trusted", async () => {
    const edge = await start({ rateLimits: { CREATE_LIMIT: 1 }, trustProxy: true });
    const statuses = [];
    for (const address of ["203.0.113.1", "203.0.113.2", "203.0.113.1"]) {
      statuses.push((await create(edge, { "X-Forwarded-For": `198.51.100.9, ${address}` })).status);
    }
    expect(statuses).toEqual([400, 400, 429]);
  });

  it("does not matter when nothing is limited", async () => {
    const edge = await start({ rateLimits: {} });
    const statuses = await Promise.all(Array.from({ length: 150 }, async () => (await create(edge, {})).status));
    expect(new Set(statuses)).toEqual(new Set([400]));
  });
});

describe("the front of the embedded edge", () => {
  it("has the limits of the deployed one", async () => {
    const config = await readFile(new URL("../../wrangler.toml", import.meta.url), "utf8");
    const limits = config.matchAll(/name = "(\w+)"\nnamespace_id = "\d+"\nsimple = \{ limit = (\d+), period = 60 \}/g);
    expect(Object.fromEntries(Array.from(limits, ([, name, limit]) => [name, Number(limit)]))).toEqual(RATE_LIMITS);
  });

  it("passes WebSockets on, and refuses the pages of other sites", async () => {
    const edge = await start();
    const refused = await upgrade(edge, "http://evil.test");
    expect(refused).toContain("101 Switching Protocols");
    expect(refused).toContain("origin-refused");
    const unauthorized = await upgrade(edge, edge.url);
    expect(unauthorized).toContain('"code":"unauthorized"');
  });

  it("lets the pages in that a proxy serves under a name of its own, and those of other sites not", async () => {
    const edge = await start({ trustProxy: true });
    const offer = async (origin: string) => {
      const headers = { Origin: origin, "X-Forwarded-Host": "camera.example.com" };
      return (await fetch(`${edge.url}/api/sessions/robot/offer`, { method: "POST", headers, body: "{}" })).status;
    };
    expect([await offer("https://camera.example.com"), await offer("https://evil.test")]).toEqual([401, 403]);
  });

  it("refuses a Host that is none, and logs nothing of it", async () => {
    const lines: string[] = [];
    const edge = await start({ log: (line) => lines.push(line) });
    for (const host of ['evil"; x', "a b", "[::1", "robot:99999", "a%00b", "a;b", "a'*"]) {
      const answer = await exchange(edge, ["GET /s/robot HTTP/1.1", `Host: ${host}`, "Connection: close"]);
      expect(answer, host).toMatch(/^HTTP\/1.1 400 .*"code":"bad-request"/s);
    }
    expect(await exchange(edge, ["OPTIONS * HTTP/1.1", "Host: robot", "Connection: close"])).toMatch(/^HTTP\/1.1 400 /);
    for (const host of ["robot", "robot_1.local:80", "[::1]:8787", "xn--a"]) {
      const answer = await exchange(edge, ["GET /s/robot HTTP/1.1", `Host: ${host}`, "Connection: close"]);
      expect(answer, host).toMatch(/^HTTP\/1.1 200 /);
    }
    expect(lines).toEqual([]);
  });

  it("listens on IPv6 too", async () => {
    const edge = await start({ host: "::1" });
    expect(edge.url).toBe(`http://[::1]:${edge.port}`);
    expect((await fetch(`${edge.url}/api/health`)).status).toBe(200);
  });
});

describe("the edge's settings", () => {
  it("are complained about as soon as it starts", async () => {
    const lines: string[] = [];
    await start({ log: (line) => lines.push(line) }, { TURN_URLS: "turn:t.example", TURN_TTL: "soon" });
    await expect.poll(() => lines.join("\n")).toContain("TURN_URLS is set without TURN_SHARED_SECRET");
    expect(lines.join("\n")).toContain("TURN_TTL is no whole number of seconds");
  });

  it("reach a TURN service from here, which a deployed one asks in the same way", async () => {
    const api = await startTurnApi();
    running.push(api);
    const edge = await start({}, { TURN_KEY_ID: "ok", TURN_KEY_API_TOKEN: TURN_API_TOKEN, TURN_API_BASE: api.url });
    const body = {
      id: "robot",
      senderToken: "s".repeat(43),
      viewerTokenHash: "v".repeat(43),
      operatorTokenHash: "o".repeat(43),
    };
    expect((await create(edge, {}, body)).status).toBe(201);
    const headers = { Authorization: `Bearer ${body.senderToken}` };
    const ice = await (await fetch(`${edge.url}/api/sessions/robot/ice`, { headers })).json();
    expect(ice).toMatchObject({ iceServers: [{}, { username: "user-0" }], iceTtlMs: expect.any(Number) });
    const list = await fetch(`${edge.url}/api/sessions`, { headers: { Authorization: `Bearer ${PUBLISH_KEY}` } });
    expect(await list.json()).toMatchObject({ sessions: [{ id: "robot", reachable: true, viewers: 0 }] });
  });
});

/** What the edge says to a WebSocket with this origin, up to its close. */
function upgrade(edge: Edge, origin: string): Promise<string> {
  return exchange(edge, [
    "GET /api/sessions/robot/signal HTTP/1.1",
    `Host: 127.0.0.1:${edge.port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    `Sec-WebSocket-Protocol: sightline.1, viewer.${"v".repeat(22)}`,
    `Origin: ${origin}`,
  ]);
}

/** What the edge says to this head of a request, up to an error or its close. */
function exchange(edge: Edge, head: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(edge.port, "127.0.0.1", () => socket.write([...head, "", ""].join("\r\n")));
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (text.includes('"code"')) socket.destroy();
    });
    socket.once("close", () => resolve(text));
    socket.once("error", reject);
  });
}
