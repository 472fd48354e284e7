import { isIPv4, isIPv6 } from "node:net";

const AF_INET = 2;
const AF_INET6 = 10;
const GROUPS = 8;

/**
 * A struct sockaddr_in or sockaddr_in6 of Linux.
 * @returns nothing for a name, or an address of a zone (`fe80::1%eth0`), whose number only the system knows
 */
export function socketAddress(host: string, port: number): Buffer | undefined {
  if (isIPv4(host)) {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt16LE(AF_INET, 0);
    bytes.writeUInt16BE(port, 2);
    host.split(".").forEach((part, i) => {
      bytes[4 + i] = Number(part);
    });
    return bytes;
  }
  if (!isIPv6(host) || /[.%]/.test(host)) return undefined;
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  groupsOf(host).forEach((group, i) => {
    bytes.writeUInt16BE(group, 8 + 2 * i);
  });
  return bytes;
}

/** The eight groups, `::` filled up (RFC 4291 section 2.2). */
function groupsOf(host: string): number[] {
  const [head = [], tail = []] = host.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array(GROUPS - head.length - tail.length).fill("0");
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}
