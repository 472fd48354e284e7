import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SUBPROTOCOL } from "../../src/protocol/limits.ts";
import { addressKey } from "../../src/worker/limits/address.ts";
import { atTheDoor } from "../../src/worker/local/front.ts";
import makeRateLimit from "../../src/worker/local/rate-limit.ts";
import { createSession, errorCode, makeSession, ORIGIN, PUBLISH_KEY } from "./support/api.ts";
import { OFFER, Peer } from "./support/peer.ts";

let addresses = 0;
/** An address that no other test has used. */
const newAddress = () => `198.51.100.${++addresses}`;

function request(method: string, path: string, headers: Record<string, string>, body?: object): Promise<Response> {
  return exports.default.fetch(
    new Request(ORIGIN + path, { method, headers, body: body ? JSON.stringify(body) : undefined }),
  );
}

/** The bindings' windows begin with the clock's minutes, so tests that count have limits of their own. */
const bindings = { CREATE_LIMIT: env.CREATE_LIMIT, JOIN_LIMIT: env.JOIN_LIMIT, BAD_TOKEN_LIMIT: env.BAD_TOKEN_LIMIT };
const periodMs = 600_000;
function withLimitsOfItsOwn() {
  beforeEach(() => {
    env.CREATE_LIMIT = makeRateLimit({ limit: 5, periodMs });
    env.JOIN_LIMIT = makeRateLimit({ limit: 20, periodMs });
    env.BAD_TOKEN_LIMIT = makeRateLimit({ limit: 7, periodMs });
  });
  afterEach(() => void Object.assign(env, bindings));
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function openFrom(headers: Record<string, string>, id: string, token: string, call = "signal"): Promise<Peer> {
  const protocols = [SUBPROTOCOL, `token.${token}`, `viewer.${"v".repeat(22)}`].join(", ");
  return new Peer(
    await request("GET", `/api/sessions/${id}/${call}`, {
      Upgrade: "websocket",
      "Sec-WebSocket-Protocol": protocols,
      ...headers,
    }),
  );
}

/** How many of `count` calls are not told to slow down. */
async function passing(count: number, call: () => Promise<Response>): Promise<number> {
  let passed = 0;
  for (let i = 0; i < count; i++) passed += (await call()).status === 429 ? 0 : 1;
  return passed;
}

describe("an address", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:2::9", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", "unknown"],
  ])("%s counts as %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

describe("too many", () => {
  withLimitsOfItsOwn();

  it("is counted by the bindings of wrangler.toml", async () => {
    for (const binding of Object.values(bindings)) {
      expect(await binding?.limit({ key: newAddress() })).toEqual({ success: true });
    }
  });

  it("sessions from one address are refused with when to come again, and those of others are not", async () => {
    const from = { "CF-Connecting-IP": newAddress(), ...bearer(PUBLISH_KEY) };
    const create = () => request("POST", "/api/sessions", from, {});
    expect(await passing(10, create)).toBe(5);
    const refused = await create();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("Retry-After")).toBe("60");
    expect(await errorCode(refused)).toBe("rate-limited");
    const other = { ...from, "CF-Connecting-IP": newAddress() };
    expect((await request("POST", "/api/sessions", other, makeSession().body)).status).toBe(201);
    expect((await request("GET", "/api/sessions", from)).status).toBe(200);
  });

  it("offers of a page are counted apart from the socket that goes with each", async () => {
    const session = await createSession();
    const from = { "CF-Connecting-IP": newAddress(), ...bearer(session.viewerToken) };
    const offer = () => request("POST", `/api/sessions/${session.id}/offer`, from, {});
    expect(await passing(25, offer)).toBe(20);
    const peer = await openFrom(from, session.id, session.viewerToken);
    await peer.next("welcome");
  });

  it("joins are refused as sockets are: an error, then a close code", async () => {
    const session = await createSession();
    const from = { "CF-Connecting-IP": newAddress() };
    const offer = () => request("POST", `/api/sessions/${session.id}/whep`, from);
    expect(await passing(25, offer)).toBe(20);
    const peer = await openFrom(from, session.id, session.viewerToken);
    expect(await peer.next("error")).toMatchObject({ code: "rate-limited" });
    expect(await peer.closed()).toBe(4429);
    const other = await openFrom({ "CF-Connecting-IP": newAddress() }, session.id, session.viewerToken);
    await other.next("welcome");
  });
});

it.each(["GET", "HEAD"])(
  "requests for ICE servers (%s) are counted as joins are, since each may ask a TURN service",
  async (method) => {
    env.JOIN_LIMIT = makeRateLimit({ limit: 20, periodMs });
    try {
      const session = await createSession();
      const from = { "CF-Connecting-IP": newAddress(), ...bearer(session.viewerToken) };
      expect(await passing(25, () => request(method, `/api/sessions/${session.id}/ice`, from))).toBe(20);
      const others = { ...from, "CF-Connecting-IP": newAddress() };
      expect((await request("GET", `/api/sessions/${session.id}/ice`, others)).status).toBe(200);
    } finally {
      Object.assign(env, bindings);
    }
  },
);

describe("guessing", () => {
  withLimitsOfItsOwn();

  it("the publish key ends in a refusal that even the right one meets", async () => {
    const from = { "CF-Connecting-IP": newAddress() };
    const guess = (key: string) => request("GET", "/api/sessions", { ...from, ...bearer(key) });
    let tries = 0;
    while ((await guess(`guess-${tries}`)).status === 401) tries++;
    expect(tries).toBe(7);
    expect((await guess(PUBLISH_KEY)).status).toBe(429);
    expect((await request("GET", "/api/health", from)).status).toBe(200);
    expect((await request("GET", "/api/sessions", bearer(PUBLISH_KEY))).status).toBe(200);
  });

  it("counts the publish key wherever it is tried, and keeps no token of a session out", async () => {
    const from = { "CF-Connecting-IP": newAddress() };
    const session = await createSession();
    const path = `/api/sessions/${session.id}`;
    for (let i = 0; i < 8; i++) await request("GET", path, { ...from, ...bearer(`guess-${i}`) });
    const asks = (token: string) => request("GET", path, { ...from, ...bearer(token) });
    expect((await asks("guess-9")).status).toBe(429);
    expect((await asks(PUBLISH_KEY)).status).toBe(429);
    expect((await asks(session.senderToken)).status).toBe(200);
    expect((await request("GET", path, bearer(PUBLISH_KEY))).status).toBe(200);
  });

  it("costs sessions no more looks than there may be joins", async () => {
    const from = { "CF-Connecting-IP": newAddress() };
    const { id } = await createSession();
    const path = `/api/sessions/${id}`;
    const look = vi.spyOn(env.SESSIONS, "getByName");
    for (let i = 0; i < 60; i++) await request("GET", path, { ...from, ...bearer(`guess-${i}`) });
    // Eight make it known that it guesses, and twenty are the joins of a minute here.
    expect(look).toHaveBeenCalledTimes(28);
    look.mockRestore();
  });

  it("is not to show the same wrong one again and again: an old key in use keeps the right one out nowhere", async () => {
    const from = { "CF-Connecting-IP": newAddress() };
    const list = (key: string) => request("GET", "/api/sessions", { ...from, ...bearer(key) });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await list("the old key")).status);
    expect(statuses).toEqual([...Array(7).fill(401), ...Array(5).fill(429)]);
    expect((await list(PUBLISH_KEY)).status).toBe(200);
  });

  it.each([
    ["an old link in many hands", () => "w".repeat(43), 8],
    ["different ones", (i: number) => String.fromCharCode(97 + i).repeat(43), 9],
  ])("a link, by %s, keeps nobody behind the same address out who has the right one", async (_name, token, looks) => {
    const session = await createSession();
    const from = { "CF-Connecting-IP": newAddress() };
    const look = vi.spyOn(env.SESSIONS, "getByName");
    const closes = [];
    for (let i = 0; i < 9; i++) closes.push(await (await openFrom(from, session.id, token(i))).closed());
    expect(closes).toEqual([...Array(7).fill(4401), 4429, 4429]);
    expect(look).toHaveBeenCalledTimes(looks);
    look.mockRestore();
    const path = `/api/sessions/${session.id}/offer`;
    const posted = await request("POST", path, { ...from, ...bearer(session.viewerToken) }, {});
    expect(posted.status).toBe(400);
    const welcome = await openFrom(from, session.id, session.viewerToken);
    await welcome.next("welcome");
  });
});

describe("behind a proxy with a password of its own, which the browser shows with every request,", () => {
  withLimitsOfItsOwn();
  const BASIC = { Authorization: "Basic aG91c2U6c2VjcmV0" };

  it.each(["signal", "sign%61l"])("a link that was replaced keeps nobody out who has the new one: %s", async (call) => {
    const session = await createSession();
    const from = { "CF-Connecting-IP": newAddress(), ...BASIC };
    const old = () => openFrom(from, session.id, "w".repeat(43), call);
    const closes = [];
    for (let i = 0; i < 9; i++) closes.push(await (await old()).closed());
    expect(closes).toEqual([...Array(7).fill(4401), 4429, 4429]);
    const peer = await openFrom(from, session.id, session.viewerToken);
    await peer.next("welcome");
  });

  it("guesses at the publish key do not hide behind a token that only sockets show", async () => {
    const from = { "CF-Connecting-IP": newAddress() };
    const list = (key: string, headers = {}) =>
      request("GET", "/api/sessions", { ...from, ...headers, ...bearer(key) });
    const same = { "Sec-WebSocket-Protocol": `${SUBPROTOCOL}, token.same` };
    for (let i = 0; i < 8; i++) expect((await list(`guess-${i}`, same)).status).toBe(i < 7 ? 401 : 429);
    expect((await list(PUBLISH_KEY)).status).toBe(429);
  });
});

describe("asking for sessions that are not there", () => {
  withLimitsOfItsOwn();

  const viewer = "v".repeat(22);
  const CALLS: [method: string, rest: string][] = [
    ["GET", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["PUT", "/links"],
    ["DELETE", `/viewers/${viewer}`],
    ["GET", `/whep/${viewer}`],
    ["DELETE", `/whep/${viewer}`],
  ];
  const from = () => ({ "CF-Connecting-IP": newAddress(), ...bearer("w".repeat(43)) });
  const ask = (headers: Record<string, string>, i: number) => {
    const [method, rest] = CALLS[i % CALLS.length] ?? ["GET", ""];
    const body = method === "PATCH" || method === "PUT" ? {} : undefined;
    return request(method, `/api/sessions/${makeSession().id}${rest}`, headers, body);
  };

  it("ends in a refusal that costs no object, whichever the call", async () => {
    const headers = from();
    const look = vi.spyOn(env.SESSIONS, "getByName");
    const statuses = [];
    for (let i = 0; i < 40; i++) statuses.push((await ask(headers, i)).status);
    // Twenty may be told in a minute here; the next makes it known that there are too many.
    expect(statuses).toEqual([...Array(21).fill(404), ...Array(19).fill(429)]);
    expect(look).toHaveBeenCalledTimes(21);
    look.mockRestore();
    expect((await ask(from(), 0)).status).toBe(404);
  });

  it("keeps no page out that waits for its session, nor counts one", async () => {
    const headers = from();
    for (let i = 0; i < 30; i++) await ask(headers, i);
    const session = makeSession();
    const waits = await openFrom(headers, session.id, session.viewerToken);
    expect(await waits.next("error")).toMatchObject({ code: "session-not-found" });
    const created = await request("POST", "/api/sessions", { ...headers, ...bearer(PUBLISH_KEY) }, session.body);
    expect(created.status).toBe(201);
    const page = await openFrom(headers, session.id, session.viewerToken);
    await page.next("welcome");
    const patient = from();
    for (let i = 0; i < 15; i++) await openFrom(patient, makeSession().id, session.viewerToken);
    const { type: _type, ...offer } = OFFER;
    for (let i = 0; i < 15; i++) {
      const posted = await request("POST", `/api/sessions/${makeSession().id}/offer`, patient, { ...offer, viewer });
      expect(posted.status).toBe(404);
    }
    const status = await request("GET", `/api/sessions/${session.id}`, { ...patient, ...bearer(session.senderToken) });
    expect(status.status).toBe(200);
  });
});

describe("the origin of a page", () => {
  afterEach(() => {
    env.ALLOWED_ORIGINS = "";
  });

  it.each([
    ["the edge's own", ORIGIN, "", true],
    ["another", "https://evil.test", "", false],
    ["another port of the edge's host", "https://edge.test:8443", "", false],
    ["a file or a sandbox", "null", "", false],
    ["one that is allowed", "https://shop.test", "https://a.test, https://Shop.test/", true],
    ["one that is not", "https://shop.test.evil.test", "https://shop.test", false],
    ["any, if any is allowed", "https://evil.test", "*", true],
  ])("%s", async (_name, origin, allowed, passes) => {
    env.ALLOWED_ORIGINS = allowed;
    const session = await createSession();
    const peer = await openFrom({ Origin: origin }, session.id, session.viewerToken);
    const offer = await request("POST", `/api/sessions/${session.id}/offer`, { Origin: origin });
    if (passes) {
      await peer.next("welcome");
      expect(offer.status).toBe(401);
    } else {
      expect(await peer.next("error")).toMatchObject({ code: "origin-refused" });
      expect(await peer.closed()).toBe(4403);
      expect(offer.status).toBe(403);
      expect(await errorCode(offer)).toBe("origin-refused");
    }
  });

  it("does not matter to WHEP players and API clients", async () => {
    const session = await createSession();
    const headers = { Origin: "https://player.test", ...bearer(session.viewerToken) };
    expect((await request("GET", `/api/sessions/${session.id}`, headers)).status).toBe(200);
  });
});

describe("answers of the API", () => {
  it("may be read by any page, and are kept by none", async () => {
    for (const [path, status] of [
      ["/api/health", 200],
      ["/api/nothing", 404],
      ["/api/sessions/robot", 401],
    ] as const) {
      const response = await request("GET", path, { Origin: "https://player.test" });
      expect(response.status).toBe(status);
      expect(response.headers.get("Access-Control-Allow-Origin")).toBe("*");
      expect(response.headers.get("Access-Control-Expose-Headers")).toContain("Location");
      expect(response.headers.get("Access-Control-Allow-Credentials")).toBeNull();
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
    }
  });

  it("to a preflight say what is allowed, for a day, without a token", async () => {
    const response = await request("OPTIONS", "/api/sessions/robot/ice", {
      Origin: "https://player.test",
      "Access-Control-Request-Method": "PATCH",
      "Access-Control-Request-Headers": "authorization, if-match",
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("Access-Control-Allow-Methods")).toContain("PATCH");
    expect(response.headers.get("Access-Control-Allow-Headers")).toContain("If-Match");
    expect(response.headers.get("Access-Control-Max-Age")).toBe("86400");
  });
});

describe("the door of a local edge", () => {
  const knock = (headers: Record<string, string>, trustProxy: boolean, clientIp = "192.0.2.7:4711", at = ORIGIN) =>
    atTheDoor(new Request(`${at.replace("https:", "http:")}/a?b`, { headers, cf: { clientIp } }), trustProxy);
  const CLAIMS = {
    "CF-Connecting-IP": "203.0.113.1",
    "X-Forwarded-For": "203.0.113.2, 203.0.113.3",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "cam.example",
    "X-Real-IP": "203.0.113.4",
    Forwarded: "for=203.0.113.5",
  };

  it("names the other end of the socket, whatever the client claims", () => {
    const request = knock(CLAIMS, false);
    expect(request.headers.get("CF-Connecting-IP")).toBe("192.0.2.7");
    expect(request.url).toBe("http://edge.test/a?b");
    for (const name of Object.keys(CLAIMS).slice(1)) expect(request.headers.get(name)).toBeNull();
    expect(knock({}, false, "[2001:db8::1]:80").headers.get("CF-Connecting-IP")).toBe("2001:db8::1");
  });

  it("believes a proxy that it was told of, about the address that the proxy itself saw", () => {
    const request = knock(CLAIMS, true);
    expect(request.headers.get("CF-Connecting-IP")).toBe("203.0.113.3");
    expect(request.url).toBe("https://cam.example/a?b");
    expect(knock({ "CF-Connecting-IP": "203.0.113.1" }, true).headers.get("CF-Connecting-IP")).toBe("203.0.113.1");
  });

  it.each([
    ["camera.example.com", "https://camera.example.com/a?b"],
    ["camera.example.com:8443", "https://camera.example.com:8443/a?b"],
    ["[2001:db8::1]", "https://[2001:db8::1]/a?b"],
  ])("takes its port from the proxy too: %s", (host, url) => {
    const proxied = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": host };
    expect(knock(proxied, true, undefined, "http://127.0.0.1:8787").url).toBe(url);
  });

  it.each([
    ["203.0.113.7:51234", "203.0.113.7"],
    ["203.0.113.2:1, 203.0.113.7:51234", "203.0.113.7"],
    ["[2001:db8::1]:51234", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["2001:db8::1:51234", "2001:db8::1:51234"],
  ])("counts %s of a proxy as %s", (claim, address) => {
    expect(knock({ "X-Forwarded-For": claim }, true).headers.get("CF-Connecting-IP")).toBe(address);
  });

  it.each(["", "unknown", "1.2.3.4; rm", "a".repeat(60)])("takes %j for no address", (claim) => {
    expect(knock({ "X-Forwarded-For": claim }, true).headers.get("CF-Connecting-IP")).toBe("192.0.2.7");
  });

  it("keeps method, body and other headers", async () => {
    const posted = new Request("http://edge.test/", { method: "POST", body: "hello", headers: { "X-Mine": "1" } });
    const request = atTheDoor(posted, false);
    expect([request.method, await request.text(), request.headers.get("X-Mine")]).toEqual(["POST", "hello", "1"]);
  });

  it("counts in memory as Cloudflare's limit does", async () => {
    const limit = makeRateLimit({ limit: 2, periodMs: 60_000 });
    const outcomes = [];
    for (const key of ["a", "a", "a", "b"]) outcomes.push((await limit.limit({ key })).success);
    expect(outcomes).toEqual([true, true, false, true]);
  });
});
