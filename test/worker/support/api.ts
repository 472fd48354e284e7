import { env, exports } from "cloudflare:workers";
import { randomToken } from "../../../src/protocol/bytes.ts";
import type { CreateSession } from "../../../src/protocol/http.ts";
import { deriveLinkKeys, hashToken, makeLinkSecret } from "../../../src/protocol/link.ts";
import { documented } from "./documented.ts";

export const ORIGIN = "https://edge.test";
export const PUBLISH_KEY = "test-publish-key";

/** Calls the Worker as an HTTP client does. */
export async function call(
  method: string,
  path: string,
  options: { token?: string; body?: unknown } = {},
): Promise<Response> {
  const request = new Request(ORIGIN + path, {
    method,
    headers: options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
  return documented(method, path, await exports.default.fetch(request));
}

export async function errorCode(response: Response): Promise<string> {
  const body = (await response.json()) as { error: { code: string; message: string } };
  return body.error.code;
}

export interface TestSession {
  id: string;
  senderToken: string;
  viewerToken: string;
  operatorToken: string;
  /** What created it, to create it again. */
  body: CreateSession & { id: string };
}

export function makeSession(extra: Partial<CreateSession> = {}): TestSession {
  const id = `test-${randomToken(9)}`;
  const senderToken = randomToken(32);
  const viewerToken = deriveLinkKeys(id, "viewer", makeLinkSecret()).joinToken;
  const operatorToken = deriveLinkKeys(id, "operator", makeLinkSecret()).joinToken;
  const body = {
    id,
    senderToken,
    viewerTokenHash: hashToken(viewerToken),
    operatorTokenHash: hashToken(operatorToken),
    ...extra,
  };
  return { id, senderToken, viewerToken, operatorToken, body };
}

export async function createSession(extra: Partial<CreateSession> = {}): Promise<TestSession> {
  const session = makeSession(extra);
  const response = await call("POST", "/api/sessions", { token: PUBLISH_KEY, body: session.body });
  if (response.status !== 201) throw new Error(`not created: ${await response.text()}`);
  return session;
}

export function stubOf(session: TestSession) {
  return env.SESSIONS.getByName(session.id);
}
