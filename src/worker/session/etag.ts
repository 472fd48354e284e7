/**
 * Whether an If-Match header holds for a resource whose strong entity-tag is `tag` (RFC 9110 section 13.1.1). A weak
 * tag never does.
 */
export function ifMatchHolds(ifMatch: string, tag: string): boolean {
  if (ifMatch.trim() === "*") return true;
  return [...ifMatch.matchAll(/(W\/)?"([^"]*)"/g)].some(([, weak, given]) => weak === undefined && given === tag);
}
