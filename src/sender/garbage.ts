import { setFlagsFromString } from "node:v8";

/** What lives, some 50 MB, may double before it is collected. */
const GROWING_PERCENT = 100;
/** Of what may be added, when collecting begins beside other work, and when at once. */
const SOFT_PERCENT = 80;
const HARD_PERCENT = 95;

/**
 * Old memory is collected when there is much to collect. By itself V8 begins whenever less is left of its limit than its
 * new space holds, which in a small program that waits for the most part is each time that it has something to do: in the
 * middle of each viewer's handshake, at the cost of 30 to 60 ms of the thread that makes it.
 */
export function collectSeldom(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`);
  setFlagsFromString(`--incremental-marking-soft-trigger=${SOFT_PERCENT}`);
  setFlagsFromString(`--incremental-marking-hard-trigger=${HARD_PERCENT}`);
}
