import { toBase64Url } from "../../protocol/bytes.ts";

/**
 * Stands for Cloudflare's asset binding on one's own machine: the files of dist/assets by their names, with their type and
 * an ETag, kept in memory from the first request on.
 */
interface AssetsEnv {
  /** A folder of the runtime's own: bytes alone, and lists of what is in it. */
  FILES: Fetcher;
}

interface Asset {
  content: ArrayBuffer;
  type: string;
  etag: string;
}

/** What the build writes; the folder's list is no file. */
const FILE = /^\/[\w-][\w.-]*\.(html|js|css|svg|map)$/;

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  map: "application/json",
};

const kept = new Map<string, Asset>();

export default {
  async fetch(request: Request, { FILES }: AssetsEnv): Promise<Response> {
    const { pathname } = new URL(request.url);
    const asset = kept.get(pathname) ?? (await readAsset(pathname, FILES));
    if (!asset) return new Response(null, { status: 404 });
    kept.set(pathname, asset);
    const { content, type, etag } = asset;
    const headers = { "Content-Type": type, ETag: etag };
    if (isNamed(etag, request.headers.get("If-None-Match"))) return new Response(null, { status: 304, headers });
    return new Response(request.method === "HEAD" ? null : content, { headers });
  },
};

async function readAsset(path: string, files: Fetcher): Promise<Asset | undefined> {
  const type = TYPES[FILE.exec(path)?.[1] ?? ""];
  if (!type) return undefined;
  const found = await files.fetch(new Request(new URL(path, "http://files")));
  if (!found.ok) return undefined;
  const content = await found.arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return { content, type, etag: `"${toBase64Url(hash.subarray(0, 24))}"` };
}

/** As `If-None-Match` compares (RFC 9110, section 13.1.2): weakly. */
function isNamed(etag: string, list: string | null): boolean {
  return (list ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === etag || each.trim() === "*");
}
