import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Worker } from "node:worker_threads";

/** A stand-in for Cloudflare's TURN API, as it is documented; the key's id says how it behaves. */
export const TURN_API_TOKEN = "token-of-the-turn-key";

interface Call {
  path: string;
  authorization: string | undefined;
  body: string;
}

/** Longer than whoever joins waits. */
const SLOW_MS = 2_000;

const ANSWERS: Record<string, { status: number; body: unknown }> = {
  fails: { status: 500, body: { errors: ["broken"] } },
  malformed: { status: 201, body: { iceServers: "turn:x" } },
  page: { status: 201, body: "<html>not JSON" },
  redirects: { status: 307, body: "" },
};

export async function startTurnApi(): Promise<{ url: string; close(): Promise<void> }> {
  const calls: Call[] = [];
  let issued = 0;
  const releases = new Map<string, PromiseWithResolvers<void>>();
  /** Of a key whose answer is late: it comes when the test asks for `/release`. */
  const release = (key: string) => {
    const known = releases.get(key) ?? Promise.withResolvers<void>();
    releases.set(key, known);
    return known;
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://turn");
    if (url.pathname === "/calls") {
      const key = url.searchParams.get("key");
      response.end(JSON.stringify(calls.filter(({ path }) => path.startsWith(`/v1/turn/keys/${key}/`))));
      return;
    }
    if (url.pathname === "/release") {
      release(url.searchParams.get("key") ?? "").resolve();
      return void response.end();
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    calls.push({ path: url.pathname, authorization: request.headers.authorization, body });
    const [, key = "", call] = /^\/v1\/turn\/keys\/([^/]+)\/credentials\/(.+)$/.exec(url.pathname) ?? [];
    const kind = key.split("-")[0] ?? "";
    if (request.headers.authorization !== `Bearer ${TURN_API_TOKEN}`) return void response.writeHead(401).end("{}");
    if (call?.endsWith("/revoke")) return void response.writeHead(kind === "stubborn" ? 500 : 204).end();
    if (call !== "generate-ice-servers") return void response.writeHead(404).end();
    const fault = ANSWERS[kind];
    if (kind === "slow") await new Promise((resolve) => setTimeout(resolve, SLOW_MS).unref());
    if (kind === "late") await release(key).promise;
    const username = `user-${issued++}`;
    response.writeHead(fault?.status ?? 201, {
      "Content-Type": "application/json",
      ...(kind === "redirects" ? { Location: "/v1/turn/keys/ok/credentials/generate-ice-servers" } : {}),
    });
    const answer = fault ? fault.body : { iceServers: [STUN, turn(username)] };
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const STUN = { urls: ["stun:stun.cloudflare.com:3478", "stun:stun.cloudflare.com:53"] };

const turn = (username: string) => ({
  urls: [
    "turn:turn.cloudflare.com:3478?transport=udp",
    "turn:turn.cloudflare.com:53?transport=udp",
    "turns:turn.cloudflare.com:5349?transport=tcp",
  ],
  username,
  credential: `password of ${username}`,
});

/**
 * For Vitest: runs it beside the Worker's tests, which learn its address by `inject("turnApi")`. On a thread of its own:
 * Vitest's makes the modules of all tests, and the edge waits a second for an answer.
 */
export default async function setup({ provide }: { provide(key: "turnApi", value: string): void }) {
  const thread = new Worker(new URL("./turn-api-thread.ts", import.meta.url));
  const [url]: string[] = await once(thread, "message");
  provide("turnApi", url ?? "");
  return async () => void (await thread.terminate());
}
