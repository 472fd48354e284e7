import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { COMPATIBILITY_DATE } from "../../src/sender/edge/compatibility.ts";
import { type Edge, type EdgeOptions, startEdge } from "../../src/sender/edge/embedded.ts";
import { requireFreePort } from "../../src/sender/edge/port.ts";
import { until } from "./support/viewer.ts";

/** What TCP sends before it is told that anything came: ten packets (RFC 6928). */
const TCP_FIRST_BYTES = 10 * 1_460;
/** TLS and the answer's headers, amply. */
const HEADERS_BYTES = 2_000;
const PUBLISH_KEY = "key-of-the-test";
const root = new URL("../../", import.meta.url);
const running: Edge[] = [];

async function start(options: Partial<EdgeOptions> = {}): Promise<Edge> {
  const edge = await startEdge({ host: "127.0.0.1", port: 0, vars: { PUBLISH_KEY, ICE_SERVERS: "[]" }, ...options });
  running.push(edge);
  return edge;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((edge) => edge.close()));
});

function create(edge: Edge, senderToken: string): Promise<Response> {
  const body = {
    id: "kept-robot",
    senderToken,
    viewerTokenHash: hashToken(`v${senderToken}`),
    operatorTokenHash: hashToken(`o${senderToken}`),
  };
  return fetch(`${edge.url}/api/sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${PUBLISH_KEY}` },
    body: JSON.stringify(body),
  });
}

describe("the embedded edge", () => {
  it("serves the Worker that is deployed, its page and its API", async () => {
    const edge = await start();
    const health = await (await fetch(`${edge.url}/api/health`)).json();
    const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
    expect(health).toEqual({ ok: true, version });
    const page = await fetch(`${edge.url}/s/my-robot`);
    expect(page.status).toBe(200);
    expect(page.headers.get("Content-Security-Policy")).toContain(`ws://127.0.0.1:${edge.port}`);
    expect((await create(edge, randomToken(32))).status).toBe(201);
  });

  it("has a page that comes in one round trip, compressed as Cloudflare and the proxy of docs/deploy.md have it", async () => {
    const edge = await start();
    const page = await (await fetch(`${edge.url}/s/some-robot`)).text();
    expect(page).toContain("</html>");
    expect(gzipSync(page).length).toBeLessThan(TCP_FIRST_BYTES - HEADERS_BYTES);
  });

  it("leaves signals to whoever runs it", async () => {
    const before = process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
    await start();
    expect(process.listenerCount("SIGINT") + process.listenerCount("SIGTERM")).toBe(before);
  });

  it("frees its port when it closes", async () => {
    const edge = await start();
    await expect(requireFreePort("127.0.0.1", edge.port)).rejects.toThrow();
    await edge.close();
    expect(await requireFreePort("127.0.0.1", edge.port)).toBe(edge.port);
    running.length = 0;
  });

  it("keeps sessions on disk when given a place", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "sightline-edge-"));
    try {
      const token = randomToken(32);
      const first = await start({ stateDir });
      expect((await create(first, token)).status).toBe(201);
      await first.close();
      running.length = 0;
      const second = await start({ stateDir });
      expect((await create(second, randomToken(32))).status).toBe(409);
      expect((await create(second, token)).status).toBe(200);
      await second.close();
      running.length = 0;
    } finally {
      await rm(stateDir, { recursive: true, force: true });
    }
  });

  it("runs with the compatibility date that is deployed", async () => {
    const config = await readFile(new URL("wrangler.toml", root), "utf8");
    expect(/^compatibility_date = "(.+)"$/m.exec(config)?.[1]).toBe(COMPATIBILITY_DATE);
  });
});

describe("the runtime of a process of its own", () => {
  /** Leads a process group, as a command in a terminal does. */
  async function spawnEdge(): Promise<{ child: ChildProcess; url: string; port: number }> {
    const module = new URL("src/sender/edge/embedded.ts", root).href;
    const script = `
      import { startEdge } from ${JSON.stringify(module)};
      process.on("SIGINT", () => process.stdout.write("heard "));
      const edge = await startEdge({ host: "127.0.0.1", port: 0, vars: { ICE_SERVERS: "[]" } });
      process.stdout.write(edge.port + " ");`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout?.setEncoding("utf8");
    const [text] = await once(child.stdout as NodeJS.ReadableStream, "data");
    return { child, url: `http://127.0.0.1:${Number(text)}`, port: Number(text) };
  }

  it.runIf(process.platform === "linux")(
    "ends with it, even when it is killed, and the port is free",
    async () => {
      const { child, port } = await spawnEdge();
      await expect(requireFreePort("127.0.0.1", port)).rejects.toThrow();
      child.kill("SIGKILL");
      await once(child, "exit");
      let free = false;
      const ask = setInterval(
        () =>
          void requireFreePort("127.0.0.1", port).then(
            () => (free = true),
            () => {},
          ),
        50,
      );
      try {
        await until(() => free, "the port of the process that was killed", 5_000);
      } finally {
        clearInterval(ask);
      }
    },
    30_000,
  );

  it.runIf(process.platform === "linux")(
    "outlives a Ctrl-C in the terminal, so that good-byes get through",
    async () => {
      const { child, url } = await spawnEdge();
      try {
        const heard = once(child.stdout as NodeJS.ReadableStream, "data");
        process.kill(-(child.pid ?? 0), "SIGINT");
        expect(await heard).toEqual(["heard "]);
        for (let i = 0; i < 5; i++) expect((await fetch(`${url}/api/health`)).status).toBe(200);
      } finally {
        child.kill("SIGKILL");
      }
    },
    30_000,
  );
});

it("a runtime that does not start is told of in one line, with what it needs and where else an edge can be", async () => {
  // Also what stands behind it, which the leash writes: see leash.ts.
  vi.stubEnv("SIGHTLINE_WORKERD", "");
  const folder = await mkdtemp(join(tmpdir(), "sightline-runtime-"));
  const old = join(folder, "workerd");
  await writeFile(old, "#!/bin/sh\ncat >/dev/null\necho 'GLIBC_2.35 not\nfound' >&2\nexit 1\n", { mode: 0o755 });
  vi.stubEnv("MINIFLARE_WORKERD_PATH", old);
  const error = await start().catch((error: unknown) => error);
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
  expect(error).toMatchObject({ reason: "failed", code: "edge-not-started" });
  expect(String(error)).toMatch(/workerd, did not start \(GLIBC_2\.35 not found\)\. .*glibc 2\.35 .*send with --edge/);
}, 40_000);

describe("an address that cannot be had", () => {
  let taken: number;
  beforeAll(async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    taken = typeof address === "object" && address ? address.port : 0;
    return () => void server.close();
  });

  it("is explained when the port is taken", async () => {
    await expect(start({ port: taken })).rejects.toThrow(`Port ${taken} is taken. Choose another with --port.`);
  });

  it("is explained when the host is not this machine", async () => {
    await expect(start({ host: "192.0.2.1" })).rejects.toThrow("192.0.2.1 is no address of this machine");
  });
});
