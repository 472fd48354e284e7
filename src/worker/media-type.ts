import { parseAccept } from "hono/utils/accept";

/** The media type of a Content-Type header without its parameters, lower case (RFC 9110 section 8.3.1). */
export function mediaTypeOf(contentType: string | null): string | undefined {
  return contentType?.split(";")[0]?.trim().toLowerCase() || undefined;
}

/**
 * Whether an Accept header lets `type` through (RFC 9110 section 12.5.1): the most specific range that fits decides,
 * and no header means anything.
 */
export function accepts(header: string | null, type: string): boolean {
  if (!header?.trim()) return true;
  const ranges = parseAccept(header);
  const [main] = type.split("/");
  for (const range of [type, `${main}/*`, "*/*"]) {
    const found = ranges.find((candidate) => candidate.type.toLowerCase() === range);
    if (found) return found.q > 0;
  }
  return false;
}
