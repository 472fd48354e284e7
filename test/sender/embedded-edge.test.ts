import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { randomToken } from "../../src/protocol/bytes.ts";
import { hashToken } from "../../src/protocol/link.ts";
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

/** The processes of that name that this one runs. */
function children(name: string): number[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return pids.filter((pid) => readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name).map(Number);
}

/** @returns its workerd's, too */
async function startWatched(options: Partial<EdgeOptions>): Promise<{ edge: Edge; pid: number }> {
  const before = children("workerd");
  const edge = await start(options);
  const [pid] = children("workerd").filter((each) => !before.includes(each));
  if (pid === undefined) throw new Error("it runs no workerd");
  return { edge, pid };
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

  it("deflates no message, whatever a socket offers", async () => {
    const edge = await start();
    const socket = new WebSocket(`${edge.url.replace(/^http/, "ws")}/api/sessions/my-robot/signal`, ["sightline.1"]);
    await once(socket, "close");
    expect(socket.protocol).toBe("sightline.1");
    expect(socket.extensions).toBe("");
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
      // Where those of every version before are.
      const objects = await readdir(join(stateDir, "do", "sightline-Session"));
      expect(objects.filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))).toHaveLength(1);
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

  it("keeps them only until it is closed when given none", async () => {
    const temporary = await mkdtemp(join(tmpdir(), "sightline-test-"));
    vi.stubEnv("TMPDIR", temporary);
    const edge = await start().finally(() => vi.unstubAllEnvs());
    expect((await create(edge, randomToken(32))).status).toBe(201);
    expect(await readdir(temporary)).toEqual([expect.stringMatching(/^sightline-edge-/)]);
    await edge.close();
    running.length = 0;
    expect(await readdir(temporary)).toEqual([]);
    await rm(temporary, { recursive: true });
  });

  it("serves the page's files by type and ETag, and no others", async () => {
    const edge = await start();
    const script = await fetch(`${edge.url}/page.js`);
    const etag = script.headers.get("ETag") ?? "";
    expect([script.headers.get("Content-Type"), etag]).toEqual([
      "text/javascript; charset=utf-8",
      expect.stringMatching(/^"[\w-]{32}"$/),
    ]);
    expect((await script.text()).length).toBeGreaterThan(10_000);
    for (const list of [etag, `"other", W/${etag}`, "*"]) {
      const same = await fetch(`${edge.url}/page.js`, { headers: { "If-None-Match": list } });
      expect([same.status, await same.text(), same.headers.get("ETag")]).toEqual([304, "", etag]);
    }
    expect((await fetch(`${edge.url}/page.js`, { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
    const head = await fetch(`${edge.url}/icon.svg`, { method: "HEAD" });
    expect([head.status, head.headers.get("Content-Type"), await head.text()]).toEqual([200, "image/svg+xml", ""]);
    for (const path of ["/page.html/..%2f..%2flocal/front.js", "/..%2fworker%2findex.js", "/none.js", "/index.js"]) {
      expect((await fetch(edge.url + path)).status, path).toBe(404);
    }
  });

  it("comes again on its port, with its sessions, when its runtime has ended by itself", async () => {
    const lines: string[] = [];
    const { edge, pid } = await startWatched({ log: (line) => lines.push(line) });
    const token = randomToken(32);
    expect((await create(edge, token)).status).toBe(201);
    process.kill(pid, "SIGKILL");
    const status = () =>
      create(edge, token).then(
        (answer) => answer.status,
        () => 0,
      );
    await expect.poll(status, { timeout: 20_000 }).toBe(200);
    expect(lines).toEqual(["edge error: its runtime, workerd, ended by itself (SIGKILL). It is started again."]);
  });

  it("says why its runtime does not come again, once, and comes when it can", async () => {
    await using waiting = await script(`[ -e "$0.wait" ] && { echo "not now" >&2; exit 1; }; exec "${WORKERD}" "$@"`);
    const lines: string[] = [];
    const { edge, pid } = await startWatched({ binary: waiting.binary, log: (line) => lines.push(line) });
    await writeFile(`${waiting.binary}.wait`, "");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(2);
    expect(lines[1]).toBe("edge error: its runtime does not start again: not now");
    await rm(`${waiting.binary}.wait`);
    const answers = () =>
      fetch(`${edge.url}/api/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(answers, { timeout: 30_000 }).toBe(true);
    expect(lines).toHaveLength(2);
  }, 60_000);
});

/** A shell script in workerd's place; `$@` is what it is called with. */
async function script(lines: string): Promise<{ binary: string; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-runtime-"));
  const binary = join(folder, "workerd");
  await writeFile(binary, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return { binary, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** What comes with the package. */
const WORKERD = createRequire(import.meta.url)("workerd").default as string;

it("an edge that is closed while its runtime is being started again gives that up", async () => {
  await using slow = await script(
    `[ -e "$0.ran" ] && { touch "$0.again"; exec sleep 300; }; touch "$0.ran"; exec "${WORKERD}" "$@"`,
  );
  const { edge, pid } = await startWatched({ binary: slow.binary, log: () => {} });
  process.kill(pid, "SIGKILL");
  await expect.poll(() => existsSync(`${slow.binary}.again`), { timeout: 20_000 }).toBe(true);
  await edge.close();
  running.length = 0;
  expect(await requireFreePort("127.0.0.1", edge.port)).toBe(edge.port);
}, 60_000);

it("what a runtime says as it dies is told, but for its stack in numbers", async () => {
  await using dying = await script(
    `"${WORKERD}" "$@" & while [ ! -e "$0.die" ]; do sleep 0.1; done; echo "*** Fatal uncaught x" >&2; echo "stack: 7f00aa11 7f00aa22 7f00aa33 7f00aa44" >&2; kill -9 $!; exit 3`,
  );
  const lines: string[] = [];
  const edge = await start({ binary: dying.binary, log: (line) => lines.push(line) });
  await writeFile(`${dying.binary}.die`, "");
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBeGreaterThan(1);
  await edge.close();
  running.length = 0;
  expect(lines.slice(0, 2)).toEqual([
    "edge: *** Fatal uncaught x",
    "edge error: its runtime, workerd, ended by itself (exit code 3). It is started again.",
  ]);
}, 30_000);

it("a port that another program takes as the runtime starts is told of as taken", async () => {
  const port = await requireFreePort("127.0.0.1", 0);
  const server = createServer();
  await using quick = await script(
    `touch "$0.ran"; while [ ! -e "$0.go" ]; do sleep 0.1; done; echo "bind(): in use" >&2; exit 1`,
  );
  const starting = start({ port, binary: quick.binary }).catch((error: unknown) => error);
  await expect.poll(() => existsSync(`${quick.binary}.ran`)).toBe(true);
  await once(server.listen(port, "127.0.0.1"), "listening");
  await writeFile(`${quick.binary}.go`, "");
  try {
    expect(String(await starting)).toContain(`Port ${port} is taken. Choose another with --port.`);
  } finally {
    server.close();
  }
}, 20_000);

it("where there is no place for sessions that go with the edge, it is said how to name one", async () => {
  vi.stubEnv("TMPDIR", "/nonexistent");
  const error = await start().catch((error: unknown) => error);
  vi.unstubAllEnvs();
  expect(error).toMatchObject({ reason: "failed", code: "state-unusable" });
  expect(String(error)).toMatch(/no place for its sessions: ENOENT.* Name a folder .* by TMPDIR\.$/);
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
  await using old = await script("echo 'GLIBC_2.35 not\nfound' >&2\nexit 1");
  const error = await start({ binary: old.binary }).catch((error: unknown) => error);
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
