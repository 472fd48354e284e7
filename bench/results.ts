import { mkdirSync, writeFileSync } from "node:fs";
import { machine } from "./machine.ts";

/** Prints the table for people, keeps the result as JSON, and with `--json` ends with it on one line. */
export function publish(question: string, table: string, figures: object, args: string[]): void {
  const result = { question, measuredAt: new Date().toISOString(), machine: machine(), ...figures };
  const dir = new URL("./results/", import.meta.url);
  mkdirSync(dir, { recursive: true });
  writeFileSync(new URL(`${question}.json`, dir), `${JSON.stringify(result, null, 2)}\n`);
  const { cpu, cores, node } = result.machine;
  console.log(`\n${table}\n\n${cpu}, ${cores} cores, Node ${node}. Kept in bench/results/${question}.json`);
  if (args.includes("--json")) console.log(JSON.stringify(result));
}
