import { createRequire } from "node:module";

const SOL_SOCKET = 1;
const SO_NO_CHECK = 11;

/** UDP segmentation needs checksums: the kernel answers EINVAL to it on this socket from then on, and sends the rest. */
export function withoutChecksums(descriptor: number): void {
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const setsockopt = koffi.load(null).func("setsockopt", "int", ["int", "int", "int", "int *", "uint32_t"]);
  if (setsockopt(descriptor, SOL_SOCKET, SO_NO_CHECK, [1], 4) !== 0) throw new Error("setsockopt was refused");
}
