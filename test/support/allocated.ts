import { createRequire } from "node:module";

type Koffi = typeof import("koffi");

/** struct mallinfo2 of <malloc.h>, glibc 2.33 and later, in its order. */
const FIELDS = [
  "arena",
  "ordblks",
  "smblks",
  "hblks",
  "hblkhd",
  "usmblks",
  "fsmblks",
  "uordblks",
  "fordblks",
  "keepcost",
] as const;

let read: (() => Record<(typeof FIELDS)[number], number>) | undefined;

/**
 * What the libraries of this process hold of malloc(3), without what the allocator keeps for later: it tells a leak outside
 * the heap from memory that is in pieces.
 * @throws where koffi is not installed, or the C library is not glibc
 */
export function allocatedBytes(): number {
  if (!read) {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const layout = Object.fromEntries(FIELDS.map((field) => [field, "size_t"]));
    read = koffi.load(null).func("mallinfo2", koffi.struct("mallinfo2", layout), []);
  }
  const { uordblks, hblkhd } = read();
  return uordblks + hblkhd;
}
