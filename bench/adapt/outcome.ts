import type { FlowFigures } from "./figures.ts";

/** What one sender came to in one round of a scenario. */
export interface Outcome {
  scenario: string;
  sender: string;
  round: number;
  flows: FlowFigures[];
  tcpMbps?: number;
}
