/**
 * The address that a request came from: Cloudflare sets this header itself, and `sightline serve` does the same from
 * its socket, so a client's own never gets here.
 */
export function clientAddress(request: Request): string {
  return request.headers.get("CF-Connecting-IP") ?? "";
}

/**
 * What one address is counted as. An IPv6 subscriber has a /64 at least, and could otherwise be everybody; an
 * IPv4-mapped address is the IPv4 one (RFC 4291).
 */
export function addressKey(address: string): string {
  if (!address) return "unknown";
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? `${expandPrefix(address).join(":")}::/64`;
}

/** The first four groups of an IPv6 address, without leading zeros. */
function expandPrefix(address: string): string[] {
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":") : [];
  const gap = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array.from({ length: gap }, () => "0"), ...after];
  return all.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
}
