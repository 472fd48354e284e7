import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { machine } from "./machine.ts";

/**
 * Prints the table for people, keeps the result as JSON, and with `--json` ends with it on one line.
 * @param lacked why it is no result, such as "--quick"; it is then kept apart, and takes no result's place. Nor does it take
 * the place of one of more rounds
 * @param benches the folder in which `results` are
 */
export function publish(
  question: string,
  table: string,
  figures: object,
  args: readonly string[],
  lacked: readonly string[],
  benches = new URL("./", import.meta.url),
): void {
  const lacks = lacked.length > 0 ? lacked : fewerThanKept(question, figures, benches);
  const partial = lacks.length > 0 ? { noResultFor: lacks } : {};
  const result = { question, measuredAt: new Date().toISOString(), machine: machine(), ...partial, ...figures };
  const folder = folderFor(lacks);
  const dir = new URL(`./${folder}/`, benches);
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

function fewerThanKept(question: string, figures: object, benches: URL): string[] {
  const [rounds, kept] = [roundsOf(figures), keptRounds(new URL(`./${folderFor([])}/${question}.json`, benches))];
  if (rounds === undefined || kept === undefined || rounds >= kept) return [];
  return [`--rounds ${rounds}, where the result that is kept has ${kept}`];
}

/** Nothing where no result is kept, or none that can be read: what was measured is not lost for that. */
function keptRounds(file: URL): number | undefined {
  try {
    return roundsOf(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

function roundsOf(figures: object): number | undefined {
  return "rounds" in figures && typeof figures.rounds === "number" ? figures.rounds : undefined;
}
