import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { randomToken } from "../../../src/protocol/bytes.ts";
import type { CreateSession } from "../../../src/protocol/http.ts";
import { hashToken } from "../../../src/protocol/link.ts";
import type { StreamParameters } from "../../../src/protocol/stream.ts";
import { createSession, ORIGIN, type TestSession } from "./api.ts";
import { documented } from "./documented.ts";
import { joinAsSender, type Peer } from "./peer.ts";

export const UFRAG = "EsAw";
export const PASSWORD = "P2uYro0UCOQ4zxjKXaWCBui1";

/** An offer as a player writes it: audio first, video bundled with it. */
export const PLAYER_OFFER = `${[
  "v=0",
  "o=- 5228595038118931041 2 IN IP4 127.0.0.1",
  "s=-",
  "t=0 0",
  "a=group:BUNDLE 0 1",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=mid:0",
  `a=ice-ufrag:${UFRAG}`,
  `a=ice-pwd:${PASSWORD}`,
  "a=recvonly",
  "m=video 0 UDP/TLS/RTP/SAVPF 96",
  "a=mid:1",
  "a=bundle-only",
  "a=recvonly",
].join("\r\n")}\r\n`;

export const ANSWER_SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=candidate:1 1 udp 1 10.0.0.9 9 typ host\r\n";

export interface WhepSession extends TestSession {
  whepToken: string;
}

export async function createWhepSession(extra: Partial<CreateSession> = {}): Promise<WhepSession> {
  const whepToken = randomToken(32);
  return { ...(await createSession({ whepTokenHash: hashToken(whepToken), ...extra })), whepToken };
}

export async function http(
  method: string,
  path: string,
  options: { token?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Response> {
  const { token, headers, body } = options;
  const authorization: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const request = new Request(ORIGIN + path, { method, headers: { ...authorization, ...headers }, body });
  return documented(method, path, await exports.default.fetch(request));
}

export function whepPath(session: TestSession): string {
  return `/api/sessions/${session.id}/whep`;
}

/** POSTs an offer as a player does. */
export function postWhep(
  session: WhepSession,
  { body = PLAYER_OFFER, token = session.whepToken, ...headers }: Record<string, string> = {},
): Promise<Response> {
  return http("POST", whepPath(session), { token, body, headers: { "Content-Type": "application/sdp", ...headers } });
}

export async function senderOf(session: TestSession): Promise<{ sender: Peer; instance: string }> {
  const { peer: sender, instance } = await joinAsSender(session);
  await sender.next("welcome");
  return { sender, instance };
}

/** Sends a report and returns once the session has it, and with it everything that the sender said before. */
export async function report(session: TestSession, sender: Peer, parameters: StreamParameters = {}): Promise<void> {
  const camera = { name: randomToken(9), width: 640, height: 480, fps: 30, encoder: "x264" };
  sender.send({ type: "report", report: { cameras: [camera], parameters } });
  await expect
    .poll(async () => (await http("GET", `/api/sessions/${session.id}`, { token: session.senderToken })).text())
    .toContain(camera.name);
}

/** A player that the sender has answered. */
export async function watch(session: WhepSession, sender: Peer) {
  const posted = postWhep(session);
  const { viewer } = await sender.next("offer");
  sender.send({ type: "answer", viewer, connection: 0, sdp: ANSWER_SDP });
  const response = await posted;
  if (response.status !== 201) throw new Error(`not watching: ${response.status} ${await response.text()}`);
  const resource = response.headers.get("Location") ?? "";
  return { response, viewer: viewer as string, resource, etag: response.headers.get("ETag") ?? "" };
}

export function fragment(lines: string[] = [], { ufrag = UFRAG, password = PASSWORD } = {}): string {
  const credentials = ["a=group:BUNDLE 0 1", `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`];
  return `${[...credentials, "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", ...lines].join("\r\n")}\r\n`;
}

export const CANDIDATE_LINE = "candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host ufrag EsAw";

export function trickle(
  { whepToken }: WhepSession,
  resource: string,
  headers: Record<string, string>,
  body = fragment([`a=${CANDIDATE_LINE}`]),
): Promise<Response> {
  const type = { "Content-Type": "application/trickle-ice-sdpfrag" };
  return http("PATCH", resource, { token: whepToken, body, headers: { ...type, ...headers } });
}
