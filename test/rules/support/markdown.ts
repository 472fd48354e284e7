import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./source.ts";

export interface Page {
  /** From the project's root, such as `docs/protocol.md`. */
  path: string;
  text: string;
}

/** Every Markdown page of the project. */
export function readPages(): Page[] {
  const skipped = new Set(["node_modules", "dist", ".git", ".wrangler"]);
  const within = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      if (skipped.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return within(path);
      return entry.name.endsWith(".md") ? [path] : [];
    });
  return within("").map(readPage);
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), "utf8") };
}

/** What stands under a heading, up to the next heading of any level. */
export function sectionOf({ path, text }: Page, heading: string): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith("#") && line.replace(/^#+ /, "") === heading);
  if (start < 0) throw new Error(`${path} has no heading "${heading}".`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join("\n");
}

/** The tables of a section, each row as its cells, without the tables' heads. */
export function tablesOf(section: string): string[][][] {
  const tables: string[][][] = [];
  let before = "";
  for (const line of section.split("\n")) {
    if (line.startsWith("|")) {
      if (!before.startsWith("|")) tables.push([]);
      tables.at(-1)?.push(cellsOf(line));
    }
    before = line;
  }
  return tables.map((rows) => rows.slice(2));
}

function cellsOf(line: string): string[] {
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The text inside a cell's backticks. */
export function codeIn(cell: string | undefined): string {
  return /^`(.*)`$/.exec(cell ?? "")?.[1] ?? cell ?? "";
}

export function codeBlocks(text: string): { info: string; text: string }[] {
  return Array.from(text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm), ([, info = "", code = ""]) => ({ info, text: code }));
}

/** What a page shows as code, a piece each: lines of its code blocks, and what stands in backticks. */
export function codePieces(text: string): string[] {
  const prose = text.replace(/^```.*\n[\s\S]*?^```$/gm, "");
  return [
    ...codeBlocks(text).flatMap((block) => block.text.split("\n")),
    ...Array.from(prose.matchAll(/`([^`]+)`/g), ([, code = ""]) => code.replace(/\s+/g, " ")),
  ];
}

/** Where a page's links and pictures lead. */
export function linksOf(text: string): string[] {
  const prose = text.replace(/^```.*\n[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "code");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
