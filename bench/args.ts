/** `--flag a,b,c` as a list, or nothing when it was not given. */
export function listed(args: readonly string[], flag: string): string[] | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1]?.split(",");
}

/** Less than a minute, to see that a bench works; its figures are kept apart from results. */
export function isQuick(args: readonly string[]): boolean {
  return args.includes("--quick");
}
