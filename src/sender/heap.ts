import { setFlagsFromString } from "node:v8";

/**
 * V8 lets a heap of 25 MB grow by a third before it collects all of it, and each viewer who comes takes about that much
 * for a moment: the collection then fell into the start of nearly every one, as 30 ms of other threads' work and a pause of
 * 10 to 50 ms. With this the heap may grow to three times what is in use. For the whole process.
 */
export function collectSeldom(): void {
  setFlagsFromString("--heap-growing-percent=200");
}
