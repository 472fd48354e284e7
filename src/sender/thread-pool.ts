import { availableParallelism } from "node:os";

const LEAST = 8;
/** Beside one for each processor: those that wait for a network camera, or for names that nobody answers for. */
const WAITING = 4;

/**
 * How many jobs of FFmpeg, of DNS and of the file system may run at once. libuv's four are too few: a network camera's read
 * has one nearly always, and the rungs would wait for one another and the camera for them. libuv reads it with the first
 * such job. `UV_THREADPOOL_SIZE` stands above it.
 */
export function widenThreadPool(env = process.env): void {
  env.UV_THREADPOOL_SIZE ||= String(Math.max(LEAST, availableParallelism() + WAITING));
}
