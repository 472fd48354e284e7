/** `--flag a,b,c` as a list, or nothing when it was not given. */
export function listed(args: readonly string[], flag: string): string[] | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : (args[at + 1] ?? "").split(",");
}

/**
 * What a flag chooses of what there is, in the order of what there is.
 * @returns nothing when the flag was not given
 * @throws UsageError for a name that is not known
 */
export function chosen<Name extends string>(
  args: readonly string[],
  flag: string,
  known: readonly Name[],
): Name[] | undefined {
  const asked: string[] | undefined = listed(args, flag);
  if (!asked) return undefined;
  const unknown = asked.filter((name) => !known.some((other) => other === name));
  if (unknown.length === 0) return known.filter((name) => asked.includes(name));
  throw new UsageError(`${flag} knows no "${unknown.join('", no "')}", only: ${known.join(", ")}.`);
}

/** Less than a minute, to see that a bench works; its figures are kept apart from results. */
export function isQuick(args: readonly string[]): boolean {
  return args.includes("--quick");
}

/** @throws UsageError where it is no count: of no round, results of nothing would be written */
export function countOf(args: readonly string[], flag: string): number | undefined {
  const text = listed(args, flag)?.join();
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError(`${flag} takes a number from 1 on, not "${text}".`);
}

/** What every bench takes; they have no value. */
const EVERYWHERE = ["--quick", "--json"];

/**
 * What stands there beside flags that are known would be ignored, and the usual be measured in place of what was wanted.
 * @param valued flags that take a value
 * @throws UsageError that names the flags there are
 */
export function refuseOthers(args: readonly string[], valued: readonly string[]): void {
  const known = [...valued, ...EVERYWHERE];
  const seen = new Set<string>();
  for (let at = 0; at < args.length; at++) {
    const flag = args[at] ?? "";
    if (!known.includes(flag)) throw new UsageError(`This bench knows no "${flag}", only: ${known.join(", ")}.`);
    if (seen.has(flag)) throw new UsageError(`${flag} is there twice: say all of it at once.`);
    seen.add(flag);
    if (valued.includes(flag)) at++;
  }
}

/** What was asked for does not exist; its message is a sentence for whoever asked. */
export class UsageError extends Error {}
