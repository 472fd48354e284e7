import { forgetAsking } from "./asking.ts";
import { initialModel } from "./model.ts";
import { probeSocket } from "./socket-life.ts";
import type { Turn } from "./turn.ts";

/** A person asks: whatever waits is tried at once, and who had stopped begins anew. */
export function retry(turn: Turn): void {
  const { model, nowMs } = turn;
  if (model.stopped) {
    turn.model = initialModel(nowMs, model.nextNumber);
    return;
  }
  if (model.socket.phase === "closed") model.socket.retryAtMs = nowMs;
  probeSocket(turn);
  forgetAsking(turn);
  model.offerAtMs = nowMs;
}
