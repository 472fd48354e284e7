import type { Output } from "./output.ts";

/** With `--relay-only`: whether the edge names a TURN server for this sender. */
export function tellOfRelay(there: boolean, output: Output): void {
  if (there) output.note("The edge names a TURN server now: viewers can be served.");
  else {
    const message =
      "--relay-only needs a TURN server, and the edge names none for this sender: nobody can watch. See docs/deploy.md.";
    output.emit({ event: "error", code: "relay-missing", message });
  }
}

/** Says once that no TURN server gives relays, however many viewers come, and once that one does again. */
export class RelayNotice {
  readonly #note: (line: string) => void;
  #failing = false;

  constructor(note: (line: string) => void) {
    this.#note = note;
  }

  /** @param failures why each server that was asked gave none; empty when one gave a relay */
  tell(failures: readonly string[]): void {
    const failing = failures.length > 0;
    if (failing === this.#failing) return;
    this.#failing = failing;
    this.#note(
      failing
        ? `No TURN server gives this sender a relay: ${failures.join("; ")}. Viewers whose networks allow no direct path see nothing; check the edge's TURN settings and this machine's firewall.`
        : "A TURN server gives this sender relays again.",
    );
  }
}
