import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { runToEnd, Sightline } from "../support/processes.ts";

for (const { args, code, says, env } of [
  { args: ["send", "--camera", "/dev/video63"], code: 4, says: /it is not there/ },
  { args: ["send", "--camera", "/no/such/clip.mp4"], code: 4, says: /no such file/ },
  { args: ["send", "--camera", "/etc/hostname"], code: 4, says: /not a video/ },
  { args: ["send", "--camera", "rtsp://me:hunter2@127.0.0.1:9/x"], code: 4, says: /nothing listens/ },
  {
    args: ["send", "--edge", "http://127.0.0.1:9"],
    env: { SIGHTLINE_PUBLISH_KEY: "k" },
    code: 3,
    says: /Is it running/,
  },
  { args: ["send", "--edge", "nonsense"], code: 2, says: /--edge takes/ },
  { args: ["send", "--session", "a b"], code: 2, says: /--session takes/ },
  { args: ["send", "--bogus"], code: 2, says: /--bogus/ },
  { args: ["stream"], code: 2, says: /no command/ },
] as { args: string[]; code: number; says: RegExp; env?: Record<string, string> }[]) {
  it(`exits with ${code} and a sentence: sightline ${args.join(" ")}`, async () => {
    const ended = await runToEnd(args, env);
    expect(ended.stderr).toMatch(says);
    expect(ended.code).toBe(code);
    expect(ended.stdout + ended.stderr).not.toContain("hunter2");
    expect(ended.stderr).not.toMatch(/\n\s+at /);
  });
}

it("names a taken port and how to choose another", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const ended = await runToEnd(["send", "--port", String(port)]);
  taken.close();
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(new RegExp(`${port}.*--port`));
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  it(`leaves no process and no open port behind after ${signal}`, async () => {
    const sender = new Sightline(["send", "--port", "0"]);
    const url = await sender.edge();
    await sender.link();
    const children = await childrenOf(sender.process.pid ?? 0);
    expect(children.length).toBeGreaterThan(0);
    expect(await sender.stop(signal)).toBe(0);
    for (const pid of children) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    await expect(fetch(url)).rejects.toThrow();
  });
}

it("ends in good order when one Ctrl-C reaches it twice, as it does under npm", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-state-"));
  const sender = new Sightline(["send", "--port", "0", "--state", stateDir]);
  await sender.link();
  expect(await readdir(join(stateDir, "sessions"))).toHaveLength(1);
  // Of one kind the system would keep only one.
  sender.process.kill("SIGTERM");
  expect(await sender.stop("SIGINT")).toBe(0);
  expect(await readdir(join(stateDir, "sessions"))).toEqual([]);
  await rm(stateDir, { recursive: true });
});

it("ends at once when it is asked again a while later", async () => {
  // An edge that takes the session, and says nothing any more.
  const { promise: asked, resolve: hear } = Promise.withResolvers<void>();
  const edge = createHttpServer((request, response) => {
    if (request.method === "DELETE") hear();
    if (request.url !== "/api/sessions") return;
    const created = { id: "front-door", createdAtMs: Date.now(), expiresAtMs: null };
    response.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify(created));
  }).listen(0, "127.0.0.1");
  await once(edge, "listening");
  const { port } = edge.address() as AddressInfo;
  const sender = new Sightline(["send", "--edge", `http://127.0.0.1:${port}`], { SIGHTLINE_PUBLISH_KEY: "k" });
  await sender.link();
  sender.process.kill("SIGINT");
  // From here on it waits for this edge: it has heard the first signal, which may take a while.
  await asked;
  const ended = await Promise.race([sender.exited, sleep(1_100, "not yet")]);
  expect([ended, await sender.stop("SIGINT")]).toEqual(["not yet", 1]);
  edge.closeAllConnections();
  edge.close();
});

it("ends its session in good order when nobody reads what it prints any more", async () => {
  await using sender = new Sightline(["send", "--port", "0", "--stats", "1"]);
  sender.process.stdout?.once("data", () => sender.process.stdout?.destroy());
  expect(await sender.exited).toBe(0);
  expect(sender.stderr.join("\n")).not.toMatch(/\n\s+at /);
});

it("prints the events that programs rely on, and nothing else, with --json", async () => {
  await using sender = new Sightline(["send", "--port", "0"]);
  const link = await sender.link();
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/s\/session-\d{8}-\d{6}-[0-9a-f]{8}#[A-Za-z0-9_-]{22}$/);
  expect(sender.events.map(({ event }) => event)).toEqual(expect.arrayContaining(["edge", "link"]));
});

async function childrenOf(pid: number): Promise<number[]> {
  const { readFileSync } = await import("node:fs");
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}
