import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { Sightline } from "../support/processes.ts";

/** As the kernel has them of another process, which may be ending. */
function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, "utf8").trim());
}

it.each([
  ["undefined", {}, Math.max(8, availableParallelism() + 4)],
  ["5", { UV_THREADPOOL_SIZE: "5" }, 5],
])("a sender whose UV_THREADPOOL_SIZE is %s has so many threads for jobs that may block", async (_, set, count) => {
  // An edge that takes the session, and says nothing any more.
  const edge = createServer((request, response) => {
    if (request.url !== "/api/sessions") return;
    const created = { id: "front-door", createdAtMs: Date.now(), expiresAtMs: null };
    response.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify(created));
  }).listen(0, "127.0.0.1");
  await once(edge, "listening");
  const { port } = edge.address() as AddressInfo;
  const env = { SIGHTLINE_PUBLISH_KEY: "k", ...set };
  const sender = new Sightline(["send", "--edge", `http://127.0.0.1:${port}`], env);
  try {
    await sender.link();
    const workers = threadsOf(sender.process.pid ?? 0).filter((name) => name === "libuv-worker");
    expect(workers).toHaveLength(count);
  } finally {
    sender.process.kill("SIGKILL");
    edge.closeAllConnections();
    edge.close();
  }
});
