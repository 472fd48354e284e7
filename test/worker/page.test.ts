import { env, exports } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { afterEach, describe, expect, it } from "vitest";
import { utf8 } from "../../src/protocol/bytes.ts";
import type { Env } from "../../src/worker/env.ts";
import { stunUrls } from "../../src/worker/ice/stun.ts";
import { call, ORIGIN } from "./support/api.ts";

const settings = env as unknown as Env;
const before = { ...settings };
afterEach(() => void Object.assign(settings, before));

async function stunIn(page: Response): Promise<unknown> {
  const content = /name="sightline-stun" content="([^"]*)"/.exec(await page.text())?.[1] ?? "";
  return JSON.parse(
    content.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
  );
}

describe("the page", () => {
  it("brings the STUN servers, so that nothing is asked for before the offer leaves", async () => {
    expect(await stunIn(await call("GET", "/s/my-robot"))).toEqual(["stun:stun.example:3478"]);
  });

  it("brings no TURN server and no credential", async () => {
    settings.ICE_SERVERS = JSON.stringify([
      { urls: ["stun:a.example", "turn:b.example"], username: "user-x", credential: "hush-x" },
      { urls: "stuns:c.example" },
    ]);
    settings.TURN_URLS = "turn:relay.example";
    settings.TURN_SHARED_SECRET = "hush-y";
    const page = await call("GET", "/s/my-robot");
    const text = await page.clone().text();
    expect(await stunIn(page)).toEqual(["stun:a.example", "stuns:c.example"]);
    for (const secret of ["hush", "user-x", "turn:"]) expect(text).not.toContain(secret);
  });

  it("says it when there are none, which is something else than not knowing", async () => {
    settings.ICE_SERVERS = "[]";
    expect(await stunIn(await call("GET", "/s/my-robot"))).toEqual([]);
  });

  it("keeps what is in a setting inside its attribute", async () => {
    const url = `stun:"><script>&$&`;
    settings.ICE_SERVERS = JSON.stringify([{ urls: url }]);
    expect(await stunIn(await call("GET", "/s/my-robot"))).toEqual([url]);
  });

  it("is sent whole, whatever copy the browser has, for that may know other STUN servers", async () => {
    const etag = (await call("GET", "/page.js")).headers.get("ETag") ?? "";
    const headers = { "If-None-Match": `${etag}, *` };
    const page = await exports.default.fetch(new Request(`${ORIGIN}/s/my-robot`, { headers }));
    expect(page.status).toBe(200);
    expect(page.headers.get("ETag")).toBeNull();
    expect(page.headers.get("Cache-Control")).toBe("no-cache");
    expect(page.headers.get("Content-Type")).toContain("text/html");
  });

  it("allows the script inside it by its hash, and no other", async () => {
    const page = await call("GET", "/s/my-robot");
    const policy = page.headers.get("Content-Security-Policy") ?? "";
    const script = /<script>(.*)<\/script>/.exec(await page.text())?.[1] ?? "";
    expect(script).toContain("é");
    const hash = btoa(String.fromCharCode(...sha256(utf8(script))));
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
  });

  it("allows the style sheet inside it by its hash, and no other", async () => {
    const page = await call("GET", "/s/my-robot");
    const policy = page.headers.get("Content-Security-Policy") ?? "";
    const sheet = /<style>(.*)<\/style>/.exec(await page.text())?.[1] ?? "";
    expect(sheet).toContain("é");
    expect(policy).toContain(`style-src 'self' 'sha256-${btoa(String.fromCharCode(...sha256(utf8(sheet))))}';`);
  });

  it.each([
    ["a person, or another program", "none", null],
    ["this origin", "same-origin", null],
    ["another origin of this site", "same-site", "same-origin"],
    ["another site, whose page may hold its window", "cross-site", "same-origin"],
    ["a browser that does not say", undefined, "same-origin"],
  ])("cuts openers off where there may be one: asked for by %s", async (_, site, policy) => {
    const headers: Record<string, string> = site === undefined ? {} : { "Sec-Fetch-Site": site };
    const page = await exports.default.fetch(new Request(`${ORIGIN}/s/my-robot`, { headers }));
    expect(page.headers.get("Cross-Origin-Opener-Policy")).toBe(policy);
    expect(page.headers.get("Vary")).toContain("Sec-Fetch-Site");
  });

  it("may be mended by a frame of its own, which runs nothing but a file and stands in no other's page", async () => {
    const policyOf = async (path: string) => (await call("GET", path)).headers.get("Content-Security-Policy") ?? "";
    const page = await policyOf("/s/my-robot");
    for (const source of ["frame-src 'self'", "object-src 'self'"]) expect(page).toContain(source);
    const frame = await policyOf("/fallback.html");
    for (const source of ["default-src 'none'", "script-src 'self';", "frame-ancestors 'self'"]) {
      expect(frame).toContain(source);
    }
  });

  it("names its script by its version, which a browser may keep for good", async () => {
    const name = /name="sightline-script" content="([^"]*)"/.exec(await (await call("GET", "/s/my-robot")).text())?.[1];
    const script = await call("GET", name ?? "");
    expect(script.status).toBe(200);
    expect(script.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  });

  it.each(["?v=another", "?v=", "?w=0123456789abcdef", "?v=0123456789abcdef&w=1", "?v=0123456789abcde"])(
    "keeps nothing under a name that is not the page's: %s",
    async (search) => {
      const script = await call("GET", `/page.js${search}`);
      expect(script.status).toBe(200);
      expect(script.headers.get("Cache-Control")).toBe("no-cache");
    },
  );
});

it("stunUrls asks no service and names each server once", () => {
  const keys = { TURN_KEY_ID: "id", TURN_KEY_API_TOKEN: "token", TURN_API_BASE: "https://unreachable.example" };
  const ICE_SERVERS = JSON.stringify([{ urls: ["stun:a.example", "stun:a.example"] }, { urls: "stun:a.example" }]);
  expect(stunUrls({ ...keys, ICE_SERVERS })).toEqual(["stun:a.example"]);
  expect(stunUrls({})).toHaveLength(1);
});
