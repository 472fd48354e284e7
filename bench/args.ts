/** `--flag a,b,c` as a list, or nothing when it was not given. */
export function listed(args: readonly string[], flag: string): string[] | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1]?.split(",");
}

/** Less than a minute, to see that a bench works; its figures are kept apart from results. */
export function isQuick(args: readonly string[]): boolean {
  return args.includes("--quick");
}

/** Ends the process with a sentence where it cannot be read: of no round, results of nothing would be written. */
export function readRounds(args: readonly string[], usual: number): number {
  const text = listed(args, "--rounds")?.[0];
  const rounds = text === undefined ? usual : Number(text);
  if (Number.isInteger(rounds) && rounds >= 1) return rounds;
  console.error(`--rounds takes a number from 1 on, not "${text}".`);
  process.exit(2);
}
