import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { grantIce, grantIceNow } from "../../src/worker/ice/grant.ts";
import { revokeTurn } from "../../src/worker/ice/revoke.ts";
import { callsTo, turnApi } from "./support/turn.ts";

const NOW_MS = 1_800_000_000_000;
const VIEWER = { sessionId: "front-door", as: "viewer", viewer: "v".repeat(22) } as const;
const COTURN = { TURN_URLS: "turn:t.example:3478", TURN_SHARED_SECRET: "north" };

afterEach(() => vi.restoreAllMocks());
const hush = () => vi.spyOn(console, "warn").mockImplementation(() => {});

describe("ICE servers", () => {
  it("are public STUN when nothing is set", async () => {
    const grant = await grantIce({}, VIEWER, NOW_MS);
    expect(grant).toEqual({ iceServers: [{ urls: ["stun:stun.cloudflare.com:3478"] }], revocable: [], warnings: [] });
  });

  it("are none when the list is empty", async () => {
    expect((await grantIce({ ICE_SERVERS: "[]" }, VIEWER, NOW_MS)).iceServers).toEqual([]);
  });

  it("warn once of a setting that cannot be read, repeating no secret", async () => {
    const warn = hush();
    const settings = { ICE_SERVERS: '[{"urls":"http:x","credential":"hush"}]' };
    expect((await grantIce(settings, VIEWER, NOW_MS)).iceServers).toEqual([]);
    await grantIce({ ICE_SERVERS: "not json" }, VIEWER, NOW_MS);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls)).toContain("ICE_SERVERS");
    expect(String(warn.mock.calls)).not.toContain("hush");
  });

  it("never are more than a message may list", async () => {
    const ICE_SERVERS = JSON.stringify(Array.from({ length: 16 }, (_, i) => ({ urls: `stun:s${i}.example` })));
    expect((await grantIce({ ICE_SERVERS, ...COTURN }, VIEWER, NOW_MS)).iceServers).toHaveLength(16);
  });
});

describe("Cloudflare's TURN", () => {
  it("is asked with the key's token, for this session and this long", async () => {
    const settings = turnApi("ok-asked", { TURN_TTL: "600" });
    const grant = await grantIce(settings, VIEWER, NOW_MS);
    expect(await callsTo("ok-asked")).toEqual([
      {
        path: "/v1/turn/keys/ok-asked/credentials/generate-ice-servers",
        authorization: "Bearer token-of-the-turn-key",
        body: JSON.stringify({ ttl: 600, customIdentifier: "front-door" }),
      },
    ]);
    expect(grant.expiresAtMs).toBe(NOW_MS + 600_000);
    expect(grant.revocable).toEqual([grant.iceServers[1]?.username]);
    expect(grant.warnings).toEqual([]);
  });

  it("comes without the port that browsers wait for, and without asking one STUN server twice", async () => {
    const { iceServers } = await grantIce(turnApi("ok-urls"), VIEWER, NOW_MS);
    expect(iceServers.map(({ urls }) => urls)).toEqual([
      ["stun:stun.cloudflare.com:3478"],
      ["turn:turn.cloudflare.com:3478?transport=udp", "turns:turn.cloudflare.com:5349?transport=tcp"],
    ]);
  });

  it("gives each participant its own", async () => {
    const settings = turnApi("ok-own");
    const [ann, bob] = await Promise.all([grantIce(settings, VIEWER, NOW_MS), grantIce(settings, VIEWER, NOW_MS)]);
    expect(ann.revocable).not.toEqual(bob.revocable);
  });

  it.each([
    ["fails", "it answered with status 500"],
    ["malformed", "it answered something that holds no ICE servers"],
    ["page", "it answered something that holds no ICE servers"],
    ["redirects", "it answered with status 307"],
    ["slow", "it did not answer within 1 s"],
  ])("leaves the join to the others with one warning when it %s", async (kind, why) => {
    const warn = hush();
    const settings = { ...turnApi(kind), ...COTURN };
    const grant = await grantIce(settings, VIEWER, NOW_MS);
    expect(grant.iceServers.map(({ urls }) => urls[0])).toEqual([
      "stun:stun.cloudflare.com:3478",
      "turn:t.example:3478",
    ]);
    expect(grant.warnings).toEqual([`No ICE servers from the provider of TURN_KEY_ID: ${why}.`]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(String(warn.mock.calls)).not.toContain("token-of-the-turn-key");
  });

  it("is left out when nobody listens there", async () => {
    hush();
    const settings = { ...turnApi("ok"), TURN_API_BASE: "http://127.0.0.1:9" };
    expect((await grantIce(settings, VIEWER, NOW_MS)).warnings[0]).toContain("it cannot be reached");
  });

  it("is not asked for who may not relay", async () => {
    const settings = turnApi("ok-policy", { TURN_POLICY: "sender" });
    const grant = await grantIce(settings, VIEWER, NOW_MS);
    expect(grant).toMatchObject({ iceServers: [{ urls: ["stun:stun.cloudflare.com:3478"] }], revocable: [] });
    expect(grant.expiresAtMs).toBeUndefined();
    expect(await callsTo("ok-policy")).toEqual([]);
  });

  it("cannot be had without waiting", () => {
    expect(grantIceNow(turnApi("ok"), { sessionId: "s", as: "sender" }, NOW_MS)).toBeUndefined();
    expect(grantIceNow({}, { sessionId: "s", as: "sender" }, NOW_MS)).toBeUndefined();
    expect(grantIceNow(COTURN, { sessionId: "s", as: "sender" }, NOW_MS)?.expiresAtMs).toBe(NOW_MS + 3_600_000);
  });
});

describe("revoking", () => {
  it("asks for each user name", async () => {
    await revokeTurn(turnApi("ok-revoke"), ["user-a", "user/b"]);
    expect((await callsTo("ok-revoke")).map(({ path }) => path).sort()).toEqual([
      "/v1/turn/keys/ok-revoke/credentials/user%2Fb/revoke",
      "/v1/turn/keys/ok-revoke/credentials/user-a/revoke",
    ]);
  });

  it("only logs what fails", async () => {
    const warn = hush();
    await revokeTurn(turnApi("stubborn"), ["user-a", "user-b"]);
    expect(String(warn.mock.calls)).toContain("2 TURN credentials could not be revoked");
    expect(String(warn.mock.calls)).not.toContain("user-a");
  });

  it("has somebody to ask", () => {
    expect(inject("turnApi")).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});
