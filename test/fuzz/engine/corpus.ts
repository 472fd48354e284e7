import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The targets' names, each that of its file. */
export function targetNames(): string[] {
  return readdirSync(join(ROOT, "targets"))
    .map((name) => name.replace(/\.ts$/, ""))
    .sort();
}

export function corpusFolder(target: string): string {
  return join(ROOT, "corpus", target);
}

/** Kept inputs, in the order of their names; hand-written ones and those that the fuzzer found stand side by side. */
export function readCorpus(target: string): { name: string; input: Buffer }[] {
  const folder = corpusFolder(target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, input: readFileSync(join(folder, name)) }));
}

/** @returns the file, named by what is in it */
export function keep(folder: string, input: Buffer): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash("sha256").update(input).digest("hex").slice(0, 12));
  writeFileSync(path, input);
  return path;
}
