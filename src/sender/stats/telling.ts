import type { SenderStats } from "../../protocol/stats.ts";
import type { SendConfig } from "../config.ts";
import type { Output } from "../output.ts";
import { liveText } from "./live-text.ts";

const LIVE_MS = 1_000;

/**
 * Tells how it goes while it goes: a live line where a person looks on, events where a program asked for them.
 * @returns what ends it
 */
export function tellStats(
  { statsEveryMs }: Pick<SendConfig, "statsEveryMs">,
  output: Output,
  read: () => SenderStats,
): () => void {
  const { live } = output;
  const timers: NodeJS.Timeout[] = [];
  if (live) timers.push(setInterval(() => live.show(liveText(read(), live.room)), LIVE_MS));
  if (statsEveryMs) timers.push(setInterval(() => output.emit({ event: "stats", ...read() }), statsEveryMs));
  return () => {
    for (const timer of timers) clearInterval(timer);
    live?.clear();
  };
}
