import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { call, errorCode } from "./support/api.ts";

describe("the page", () => {
  it("is served for every session with headers that let nothing in and nothing out", async () => {
    const response = await call("GET", "/s/my-robot");
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Type")).toContain("text/html");
    expect(await response.text()).toContain("/page.js");
    const policy = response.headers.get("Content-Security-Policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("connect-src 'self' ws://edge.test wss://edge.test");
    expect(policy).not.toContain("unsafe-inline");
    expect(response.headers.get("Referrer-Policy")).toBe("no-referrer");
    expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  });

  it("is served with a slash at the end too, which both ends take for the same link", async () => {
    expect((await call("GET", "/s/my-robot/")).status).toBe(200);
  });

  it("is served for a damaged link too, so that it can say what is wrong", async () => {
    const response = await call("GET", "/s/a%20b");
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("/page.js");
  });

  it.each(["/page.js", "/page.css"])("revalidates %s each time", async (path) => {
    const response = await call("GET", path);
    expect(response.status).toBe(200);
    expect(response.headers.get("Cache-Control")).toBe("no-cache");
    expect(response.headers.get("ETag")).toBeTruthy();
  });

  it("says at / what this is", async () => {
    expect(await (await call("GET", "/")).text()).toContain("Sightline");
  });
});

describe("addresses", () => {
  it("has a health check", async () => {
    expect(await (await call("GET", "/api/health")).json()).toMatchObject({ ok: true, version: expect.any(String) });
  });

  it.each(["/nothing", "/api/nothing", "/page.html", "/s/", "/s/a/b"])("answers 404 JSON for %s", async (path) => {
    const response = await call("GET", path);
    expect(response.status).toBe(404);
    expect(await errorCode(response)).toBe("not-found");
  });

  it("says which methods an address takes", async () => {
    const response = await call("PUT", "/api/sessions/my-robot");
    expect(response.status).toBe(405);
    expect(response.headers.get("Allow")).toBe("GET, PATCH, DELETE");
  });

  it("answers a plain request for the signaling address", async () => {
    const response = await call("GET", "/api/sessions/my-robot/signal");
    expect(response.status).toBe(400);
    expect(await errorCode(response)).toBe("bad-request");
  });

  it("turns an unforeseen failure into 500 without its details", async () => {
    const assets = env as unknown as { ASSETS: Fetcher };
    const real = assets.ASSETS;
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    assets.ASSETS = {} as Fetcher;
    const response = await call("GET", "/s/my-robot?token=hush");
    assets.ASSETS = real;
    expect(response.status).toBe(500);
    expect(await errorCode(response)).toBe("internal");
    expect(JSON.stringify(log.mock.calls)).not.toContain("hush");
    log.mockRestore();
  });
});
