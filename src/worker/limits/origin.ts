import { SightlineError } from "../../protocol/errors.ts";

/**
 * Which pages may join: a browser says where a page comes from, and no page can lie about it. Native clients send no
 * `Origin` and pass; their token decides, as it does for everybody.
 * @param allowed comma list of origins, `*` for any; without it only this edge's own pages
 * @throws SightlineError `origin-refused`
 */
export function requireAllowedOrigin(request: Request, allowed: string | undefined): void {
  const origin = request.headers.get("Origin");
  if (origin === null || isAllowed(origin, new URL(request.url).host, allowed)) return;
  const shown = /^https?:\/\/[^\s/]{1,200}$/.test(origin) ? origin : "this origin";
  throw new SightlineError(
    "origin-refused",
    `Pages of ${shown} may not join here. Whoever runs this edge can allow them with ALLOWED_ORIGINS.`,
  );
}

function isAllowed(origin: string, ownHost: string, allowed: string | undefined): boolean {
  const list = (allowed ?? "").split(",").map((entry) => entry.trim().replace(/\/$/, "").toLowerCase());
  // By host alone: behind a proxy that ends TLS, the edge does not know which scheme the page has.
  return hostOf(origin) === ownHost.toLowerCase() || list.includes("*") || list.includes(origin.toLowerCase());
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
