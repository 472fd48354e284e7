import { CANDIDATES_MAX } from "../../protocol/limits.ts";

/**
 * Holds ICE candidates back until they may go on: the sender's until its answer is applied, the own until
 * the offer they belong to is sent. Bounded, for the other end is not trusted to stop.
 */
export class CandidateGate<Candidate> {
  readonly #pass: (candidate: Candidate) => void;
  #waiting: Candidate[] | undefined = [];
  #count = 0;

  constructor(pass: (candidate: Candidate) => void) {
    this.#pass = pass;
  }

  add(candidate: Candidate): void {
    this.#count += 1;
    if (this.#count > CANDIDATES_MAX) return;
    if (this.#waiting) this.#waiting.push(candidate);
    else this.#pass(candidate);
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const candidate of waiting) this.#pass(candidate);
  }
}

/**
 * Whether the sender can do anything with a candidate line. An empty one ends one generation (RFC 8838); the `null` after
 * it says all that matters here. An active TCP candidate (RFC 6544) has no port that anybody could reach, and each message
 * costs the edge.
 */
export function isWorthTelling(line: string): boolean {
  return line !== "" && !/ tcptype active\b/.test(line);
}
