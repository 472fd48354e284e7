import { forgetAsking } from "./asking.ts";
import { initialModel } from "./model.ts";
import type { Move } from "./move.ts";
import { probeSocket } from "./socket-life.ts";

/** A person asks: whatever waits is tried at once, and who had stopped begins anew. */
export function retry(move: Move): void {
  const { model, nowMs } = move;
  if (model.stopped) {
    move.model = initialModel(nowMs, model.nextNumber);
    return;
  }
  if (model.socket.phase === "closed") model.socket.retryAtMs = nowMs;
  probeSocket(move);
  forgetAsking(move);
  model.offerAtMs = nowMs;
}
