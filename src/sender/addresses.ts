import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

/** This machine's IPv4 addresses on its networks, those that a phone most likely shares first. */
export function lanAddresses(): string[] {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? [])
      .filter(({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith("169.254."))
      .map(({ address }) => ({ address, rank: isVirtual(name) ? 1 : 0 })),
  );
  return addresses.sort((a, b) => a.rank - b.rank).map(({ address }) => address);
}

/**
 * This machine's addresses that reach further than itself and its cable, in an order that stays.
 * @throws when the system does not say: it takes a descriptor, and a socket that a service may be forbidden
 */
export function outwardAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, address }) => !internal && !/^(169\.254\.|fe80:)/i.test(address))
    .map(({ address }) => address)
    .sort();
}

/** Bridges and tunnels of containers and virtual machines, which no phone is on. */
function isVirtual(name: string): boolean {
  return /^(docker|br-|veth|virbr|vmnet|tun|tap|wg|tailscale|zt)/.test(name);
}

export function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin);
  // A name may begin like an address, and be anybody's.
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}
