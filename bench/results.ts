import { mkdirSync, writeFileSync } from "node:fs";
import { machine } from "./machine.ts";

/**
 * Prints the table for people, keeps the result as JSON, and with `--json` ends with it on one line.
 * @param lacks why it is no result, such as "--quick"; it is then kept apart, and takes no result's place
 */
export function publish(
  question: string,
  table: string,
  figures: object,
  args: readonly string[],
  lacks: readonly string[],
): void {
  const partial = lacks.length > 0 ? { noResultFor: lacks } : {};
  const result = { question, measuredAt: new Date().toISOString(), machine: machine(), ...partial, ...figures };
  const folder = folderFor(lacks);
  const dir = new URL(`./${folder}/`, import.meta.url);
  mkdirSync(dir, { recursive: true });
  writeFileSync(new URL(`${question}.json`, dir), `${JSON.stringify(result, null, 2)}\n`);
  const { cpu, cores, node } = result.machine;
  const apart = lacks.length > 0 ? `, and no result, for: ${lacks.join("; ")}` : "";
  console.log(`\n${table}\n\n${cpu}, ${cores} cores, Node ${node}. Kept in bench/${folder}/${question}.json${apart}.`);
  if (args.includes("--json")) console.log(JSON.stringify(result));
}

/** Git ignores the one for what is no result. */
export function folderFor(lacks: readonly string[]): string {
  return lacks.length > 0 ? "results/local" : "results";
}
