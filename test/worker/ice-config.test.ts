import { describe, expect, it } from "vitest";
import { type IceSettings, readIceConfig } from "../../src/worker/ice/config.ts";
import { grantIce, grantIceNow } from "../../src/worker/ice/grant.ts";
import { mayRelay, withoutRelays } from "../../src/worker/ice/policy.ts";
import { parseIceServers } from "../../src/worker/ice/static.ts";

const NOW_MS = 1_800_000_000_000;
const COTURN = { ICE_SERVERS: "[]", TURN_URLS: "turn:t.example:3478", TURN_SHARED_SECRET: "north" };
const warningsOf = (settings: IceSettings) => readIceConfig(settings).warnings;

describe("settings that cannot be used", () => {
  it.each<[string, object, string]>([
    ["a list that is no JSON", { ICE_SERVERS: "stun:x" }, "ICE_SERVERS is not a JSON list"],
    ["a list with a web address", { ICE_SERVERS: '[{"urls":"http:x"}]' }, "ICE_SERVERS is not a JSON list"],
    [
      "TURN without a user",
      { ICE_SERVERS: '[{"urls":"turn:hush.example"}]' },
      "Entry 1 of ICE_SERVERS is TURN without",
    ],
    ["TURN URLs without a secret", { TURN_URLS: "turn:t.example" }, "TURN_URLS is set without TURN_SHARED_SECRET"],
    ["a secret without TURN URLs", { TURN_SHARED_SECRET: "x" }, "TURN_SHARED_SECRET is set without TURN_URLS"],
    ["a web address for TURN", { ...COTURN, TURN_URLS: "https://t.example" }, "Entry 1 of TURN_URLS"],
    ["a password in a TURN URL", { ...COTURN, TURN_URLS: "turn:a:hush@t.example" }, "Entry 1 of TURN_URLS"],
    ["a key without its token", { TURN_KEY_ID: "k" }, "TURN_KEY_ID is set without TURN_KEY_API_TOKEN"],
    ["a token without its key", { TURN_KEY_API_TOKEN: "k" }, "TURN_KEY_API_TOKEN is set without TURN_KEY_ID"],
    ["no address", { TURN_KEY_ID: "k", TURN_KEY_API_TOKEN: "t", TURN_API_BASE: "rtc" }, "TURN_API_BASE is no http"],
    ["a time to live in words", { TURN_TTL: "1h" }, "TURN_TTL is no whole number"],
    ["a time to live too short", { TURN_TTL: "5" }, "credentials live for 60 s"],
    ["a time to live too long", { TURN_TTL: "999999" }, "credentials live for 172800 s"],
    ["a policy unknown", { TURN_POLICY: "nobody" }, "TURN_POLICY is none of both, sender, viewer, on-demand"],
  ])("get a sentence: %s", (_name, settings, sentence) => {
    const warnings = warningsOf(settings);
    expect(warnings.join(" ")).toContain(sentence);
    expect(warnings.join(" ")).not.toContain("hush");
  });

  it("are none when nothing is set, or all of it well", () => {
    expect(warningsOf({})).toEqual([]);
    expect(warningsOf({ ...COTURN, TURN_TTL: "600", TURN_POLICY: "sender", TURN_KEY_ID: "", ICE_SERVERS: "" })).toEqual(
      [],
    );
  });

  it("leave the others of a list of ICE servers", async () => {
    const [stun, turn] = [{ urls: ["stun:a.example"] }, { urls: ["turn:a.example"], username: "u", credential: "c" }];
    const bare = { urls: ["turn:b.example", "stun:b.example"], username: "u", credential: "" };
    const settings = { ICE_SERVERS: JSON.stringify([stun, bare, turn]) };
    const { iceServers } = await grantIce(settings, { sessionId: "s", as: "viewer" }, NOW_MS);
    expect(iceServers).toEqual([stun, { urls: ["stun:b.example"] }, turn]);
    expect(warningsOf(settings)).toEqual([expect.stringContaining("Entry 2 of ICE_SERVERS")]);
  });

  it("leave the others as they are", () => {
    const settings = { ...COTURN, TURN_URLS: "nonsense, turns:t.example:443?transport=tcp", TURN_TTL: "soon" };
    const grant = grantIceNow(settings, { sessionId: "s", as: "sender" }, NOW_MS);
    expect(grant?.iceServers.map(({ urls }) => urls)).toEqual([["turns:t.example:443?transport=tcp"]]);
  });
});

describe("a TURN server's shared secret", () => {
  const grant = (request: object = {}, settings: object = {}) =>
    grantIceNow({ ...COTURN, ...settings }, { sessionId: "front-door", as: "viewer", ...request }, NOW_MS);

  it("makes a user name of its end and the HMAC-SHA1 that coturn expects", () => {
    // From: printf 1800003600:front-door.sender | openssl dgst -sha1 -hmac north -binary | base64
    expect(grant({ as: "sender" })).toEqual({
      iceServers: [
        {
          urls: ["turn:t.example:3478"],
          username: "1800003600:front-door.sender",
          credential: "rr3zSf3kpW4sjlL3zbTUJmoySAw=",
        },
      ],
      expiresAtMs: NOW_MS + 3_600_000,
      revocable: [],
      warnings: [],
    });
  });

  it("lives as long as the setting says", () => {
    expect(grant({}, { TURN_TTL: "120" })?.expiresAtMs).toBe(NOW_MS + 120_000);
  });

  it("gives each participant its own, and shows no viewer's id", () => {
    const ann = "a".repeat(22);
    const names = [{ viewer: ann }, { viewer: "b".repeat(22) }, { viewer: ann, as: "sender" }, { as: "sender" }].map(
      (request) => grant(request)?.iceServers[0]?.username ?? "",
    );
    expect(new Set(names).size).toBe(4);
    expect(names.join()).not.toContain(ann);
    expect(grant({ viewer: ann })?.iceServers[0]?.username).toBe(names[0]);
  });
});

describe("who may relay", () => {
  it.each([
    ["both", "sender", false, true],
    ["both", "viewer", true, true],
    ["sender", "sender", false, true],
    ["sender", "viewer", true, false],
    ["viewer", "viewer", false, true],
    ["viewer", "sender", true, false],
    ["on-demand", "sender", false, false],
    ["on-demand", "viewer", false, false],
    ["on-demand", "viewer", true, true],
    ["on-demand", "sender", true, true],
  ] as const)("%s: the %s, on demand %s: %s", (policy, as, onDemand, allowed) => {
    expect(mayRelay(policy, { sessionId: "s", as, onDemand })).toBe(allowed);
  });

  it("leaves STUN to everybody, without the password that belonged to TURN", () => {
    const servers = parseIceServers(
      '[{"urls":["stun:a","turn:a"],"username":"u","credential":"c"},{"urls":"turns:b"}]',
    );
    expect(withoutRelays(servers ?? [])).toEqual([{ urls: ["stun:a"] }]);
  });
});
