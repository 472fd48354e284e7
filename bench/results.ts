import { mkdirSync, writeFileSync } from "node:fs";
import { isQuick } from "./args.ts";
import { machine } from "./machine.ts";

/**
 * Prints the table for people, keeps the result as JSON, and with `--json` ends with it on one line. What `--quick`
 * measured is kept apart, for it shows that a bench works, not how fast anything is.
 */
export function publish(question: string, table: string, figures: object, args: string[]): void {
  const result = { question, measuredAt: new Date().toISOString(), machine: machine(), ...figures };
  const folder = isQuick(args) ? "results/local" : "results";
  const dir = new URL(`./${folder}/`, import.meta.url);
  mkdirSync(dir, { recursive: true });
  writeFileSync(new URL(`${question}.json`, dir), `${JSON.stringify(result, null, 2)}\n`);
  const { cpu, cores, node } = result.machine;
  console.log(`\n${table}\n\n${cpu}, ${cores} cores, Node ${node}. Kept in bench/${folder}/${question}.json`);
  if (args.includes("--json")) console.log(JSON.stringify(result));
}
