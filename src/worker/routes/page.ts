import { sha256 } from "@noble/hashes/sha2.js";
import { utf8 } from "../../protocol/bytes.ts";
import type { Env } from "../env.ts";
import { stunUrls } from "../ice/stun.ts";

/** The frame by which a page that was altered on the way is mended. */
const FALLBACK_PATH = "/fallback.html";
const FALLBACK_POLICY = "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors 'self'";

/** Every file that is served, and nothing else of the assets directory. */
export const ASSET_PATHS = [
  "/icon.svg",
  FALLBACK_PATH,
  ...["/page.js", "/page.css", "/fallback.js", "/stats-overlay.js", "/stats-overlay.css"].flatMap((path) => [
    path,
    `${path}.map`,
  ]),
];

/** The viewer page. It reads session and secret from its own address, which is why it may not refer anywhere. */
export async function servePage(request: Request, env: Env, status?: number): Promise<Response> {
  // Without the caller's conditions: the file may be as it was, and the STUN servers in the page not.
  const { headers, ok, ...found } = await serveAsset(new Request(request.url), env, "/page.html").then(read);
  const html = withStun(found.text, stunUrls(env));
  headers.delete("ETag");
  headers.delete("Content-Length");
  const host = new URL(request.url).host;
  headers.set("Content-Security-Policy", contentSecurityPolicy(host, inlineHashes(html)));
  headers.set("Vary", "Sec-Fetch-Site");
  if (mayHaveOpener(request)) headers.set("Cross-Origin-Opener-Policy", "same-origin");
  return new Response(html, { status: status && ok ? status : found.status, headers });
}

/** Those who are asked for by a person or another program, and by this origin itself. */
const NO_STRANGERS: readonly (string | null)[] = ["none", "same-origin"];

/**
 * Whether another site's page may hold this one's window (Fetch Metadata). To cut it off takes the browser another process,
 * which is not asked for where there is nobody: the picture would wait for it.
 */
function mayHaveOpener({ headers }: Request): boolean {
  return !NO_STRANGERS.includes(headers.get("Sec-Fetch-Site"));
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

interface InlineHashes {
  html: string;
  script: string;
  style: string;
}

let hashed: InlineHashes | undefined;

/** Of the page's one script without a `src` and its one style sheet without a `href`. */
function inlineHashes(html: string): InlineHashes {
  if (hashed?.html === html) return hashed;
  const script = sourceHash(/<script>([\s\S]*?)<\/script>/.exec(html)?.[1]);
  const style = sourceHash(/<style[^>]*>([\s\S]*?)<\/style>/.exec(html)?.[1]);
  hashed = { html, script, style };
  return hashed;
}

/** As Content-Security-Policy (CSP Level 3, section 2.3.1) writes it, with a space before; empty without a text. */
function sourceHash(text: string | undefined): string {
  return text === undefined ? "" : ` 'sha256-${btoa(String.fromCharCode(...sha256(utf8(text))))}'`;
}

/**
 * Assets revalidate each time (by ETag), so that page and script always are of one version; but the script that the page
 * names by its version is kept.
 */
export async function serveAsset(request: Request, env: Env, path: string): Promise<Response> {
  const { search } = new URL(request.url);
  const [found, current] = await Promise.all([
    env.ASSETS.fetch(new Request(new URL(path, request.url), request)),
    search.startsWith("?v=") && pageNames(`${path}${search}`, request, env),
  ]);
  const response = new Response(found.body, found);
  response.headers.set("Cache-Control", current && found.ok ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  if (path === FALLBACK_PATH) response.headers.set("Content-Security-Policy", FALLBACK_POLICY);
  return response;
}

/** Not so when a page of another version asks, while a new one is being deployed. */
async function pageNames(reference: string, request: Request, env: Env): Promise<boolean> {
  const page = await env.ASSETS.fetch(new Request(new URL("/page.html", request.url)));
  return (await page.text()).includes(`"${reference}"`);
}

/**
 * No inline code but the build's own, no other origin. The WebSocket's origin is named because some browsers do not
 * count it as 'self'.
 */
function contentSecurityPolicy(host: string, { script, style }: InlineHashes): string {
  return [
    "default-src 'none'",
    `script-src 'self'${script}`,
    `style-src 'self'${style}`,
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "object-src 'self'",
    "frame-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}
