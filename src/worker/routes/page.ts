import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../protocol/bytes.ts";
import type { Env } from "../env.ts";
import { stunUrls } from "../ice/stun.ts";

/** Every file that is served, and nothing else of the assets directory. */
export const ASSET_PATHS = [
  "/icon.svg",
  ...["/page.js", "/page.css", "/stats-overlay.js", "/stats-overlay.css"].flatMap((path) => [path, `${path}.map`]),
];

/** The viewer page. It reads session and secret from its own address, which is why it may not refer anywhere. */
export async function servePage(request: Request, env: Env, status?: number): Promise<Response> {
  // Without the caller's conditions: the file may be as it was, and the STUN servers in the page not.
  const { headers, ok, ...found } = await serveAsset(new Request(request.url), env, "/page.html").then(read);
  const html = withStun(found.text, stunUrls(env));
  headers.delete("ETag");
  headers.delete("Content-Length");
  const host = new URL(request.url).host;
  headers.set("Content-Security-Policy", contentSecurityPolicy(host, inlineScriptHash(html)));
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  return new Response(html, { status: status && ok ? status : found.status, headers });
}

async function read(response: Response) {
  const { headers, ok, status } = response;
  return { headers, ok, status, text: await response.text() };
}

/** Puts the STUN servers where the page's first script reads them, which may not wait for a reply to know them. */
function withStun(html: string, urls: string[]): string {
  const escapes: Record<string, string> = { "&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;" };
  const content = JSON.stringify(urls).replace(/[&"<>]/g, (char) => escapes[char] ?? char);
  return html.replace('name="sightline-stun" content=""', () => `name="sightline-stun" content="${content}"`);
}

/** Of the page's one script without a `src`, as Content-Security-Policy (CSP Level 3, section 2.3.1) writes it. */
function inlineScriptHash(html: string): string | undefined {
  const text = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1];
  if (text === undefined) return undefined;
  if (text !== hashed?.text) {
    const digest = btoa(String.fromCharCode(...sha256(utf8(text))));
    hashed = { text, source: `'sha256-${digest}'` };
  }
  return hashed.source;
}

let hashed: { text: string; source: string } | undefined;

/** Assets revalidate each time (by ETag), so that page and script always are of one version. */
export async function serveAsset(request: Request, env: Env, path: string): Promise<Response> {
  const found = await env.ASSETS.fetch(new Request(new URL(path, request.url), request));
  const response = new Response(found.body, found);
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

/**
 * No inline code but the build's own, no other origin. The WebSocket's origin is named because some browsers do not
 * count it as 'self'.
 */
function contentSecurityPolicy(host: string, inlineScript: string | undefined): string {
  return [
    "default-src 'none'",
    `script-src 'self'${inlineScript ? ` ${inlineScript}` : ""}`,
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}
