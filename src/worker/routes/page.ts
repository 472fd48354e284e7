import type { Env } from "../env.ts";

/** Every file that is served, and nothing else of the assets directory. */
export const ASSET_PATHS = ["/page.js", "/page.css", "/icon.svg", "/page.js.map", "/page.css.map"];

/** The viewer page. It reads session and secret from its own address, which is why it may not refer anywhere. */
export async function servePage(request: Request, env: Env, status?: number): Promise<Response> {
  const response = await serveAsset(request, env, "/page.html");
  const host = new URL(request.url).host;
  response.headers.set("Content-Security-Policy", contentSecurityPolicy(host));
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  return status && response.ok ? new Response(response.body, { status, headers: response.headers }) : response;
}

/** Assets revalidate each time (by ETag), so that page and script always are of one version. */
export async function serveAsset(request: Request, env: Env, path: string): Promise<Response> {
  const found = await env.ASSETS.fetch(new Request(new URL(path, request.url), request));
  const response = new Response(found.body, found);
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

/** No inline code, no other origin. The WebSocket's origin is named because some browsers do not count it as 'self'. */
function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    `connect-src 'self' ws://${host} wss://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}
