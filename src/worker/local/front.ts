import type { ErrorBody } from "../../protocol/errors.ts";

/**
 * The door of an edge on one's own machine: what Cloudflare's network is to a deployed one. It says where a request
 * came from, as Cloudflare does, by the socket and not by what the client claims.
 */
interface FrontEnv {
  EDGE: Fetcher;
  /** Set where a proxy stands before this edge, and its word counts. */
  TRUST_PROXY: string | null;
}

/** `example.com:8787` or `[2001:db8::1]:8787`; whatever else a Host header may hold, Cloudflare lets through no more. */
const HOST = /^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?$/;

export default {
  async fetch(request: Request, env: FrontEnv): Promise<Response> {
    if (URL.canParse(request.url) && HOST.test(new URL(request.url).host)) {
      return env.EDGE.fetch(atTheDoor(request, Boolean(env.TRUST_PROXY)));
    }
    const error = { code: "bad-request", message: "The Host header names no host." } satisfies ErrorBody["error"];
    return Response.json({ error } satisfies ErrorBody, { status: 400 });
  },
};

/** The request as Cloudflare would hand it over. */
export function atTheDoor(request: Request, trustProxy: boolean): Request {
  const { clientIp } = (request.cf ?? {}) as { clientIp?: string };
  const forwarded = trustProxy ? forwardedBy(request.headers) : {};
  const url = new URL(request.url);
  if (forwarded.scheme) url.protocol = forwarded.scheme;
  if (forwarded.host) {
    // A host without a port would keep that of the edge itself.
    url.port = "";
    url.host = forwarded.host;
  }
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) {
    if (/^(cf-|x-forwarded-|forwarded$|x-real-ip$|true-client-ip$)/.test(name)) headers.delete(name);
  }
  const address = forwarded.address ?? withoutPort(clientIp ?? "");
  if (address) headers.set("CF-Connecting-IP", address);
  return new Request(url, new Request(request, { headers, cf: {} }));
}

interface Forwarded {
  address?: string;
  scheme?: string;
  host?: string;
}

/**
 * What the proxy says. Of a list of addresses the last one counts: the proxy put it there, the others came with the
 * request.
 */
function forwardedBy(headers: Headers): Forwarded {
  const address = withoutPort((last(headers.get("X-Forwarded-For")) || headers.get("CF-Connecting-IP")) ?? "");
  const scheme = last(headers.get("X-Forwarded-Proto"));
  const host = last(headers.get("X-Forwarded-Host"));
  return {
    ...(/^[0-9A-Fa-f.:]{3,45}$/.test(address) ? { address } : {}),
    ...(scheme === "https" || scheme === "http" ? { scheme } : {}),
    ...(/^[A-Za-z0-9.-]+(:\d+)?$|^\[[0-9A-Fa-f:]+\](:\d+)?$/.test(host) ? { host } : {}),
  };
}

function last(list: string | null): string {
  return list?.split(",").at(-1)?.trim() ?? "";
}

/**
 * The address of `192.0.2.1:4711`, `[2001:db8::1]:4711` and `[2001:db8::1]`: the runtime names a socket's other end so,
 * and some proxies do.
 */
function withoutPort(address: string): string {
  const [, bracketed, dotted] = /^\[(.+)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(address) ?? [];
  return bracketed ?? dotted ?? address;
}
