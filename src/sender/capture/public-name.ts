import { basename } from "node:path";

/**
 * A camera's name for the edge and whoever may ask it: of an address the scheme and host, for a path may be what opens the
 * camera; of a file its own name, without the folders that it lies in.
 * @param name as the owner reads it
 */
export function publicName(name: string): string {
  const [address] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(name) ?? [];
  if (address !== undefined) return address;
  return name.startsWith("/dev/") ? name : basename(name);
}
