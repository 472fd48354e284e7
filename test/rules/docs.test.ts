import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { HELP } from "../../src/sender/command/help.ts";
import { parseCommand } from "../../src/sender/command/parse.ts";
import { EDGE_SETTINGS } from "../../src/sender/edge/settings.ts";
import { EXIT } from "../../src/sender/errors.ts";
import {
  anchorsOf,
  codeIn,
  codePieces,
  linksOf,
  readPage,
  readPages,
  sectionOf,
  tablesOf,
} from "./support/markdown.ts";
import { ROOT, readSources } from "./support/source.ts";

// What the pages say of commands, options, settings and files is compared with what there is.

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));
const command = readPage("docs/command.md");
const source = (path: string) => readFileSync(join(ROOT, path), "utf8");
const firstCodes = (rows: string[][] = []) => rows.map(([name]) => codeIn(name));

/** Each match of a pattern's first group, once, in order. */
function all(text: string, pattern: RegExp): string[] {
  return [...new Set(Array.from(text.matchAll(pattern), ([, found = ""]) => found))].sort();
}

describe.each(pages.map((page) => [page.path, page] as const))("%s", (path, { text }) => {
  it("links to files and headings that are there", () => {
    const dead = linksOf(text).filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? path : join(dirname(path), file);
      if (!existsSync(join(ROOT, linked))) return true;
      return anchor !== undefined && !anchorsOf(byPath.get(linked)?.text ?? "").includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it("names only scripts and benches that exist", () => {
    const { scripts } = JSON.parse(source("package.json")) as { scripts: Record<string, string> };
    const code = codePieces(text).join("\n");
    const missing = all(code, /\bnpm run (?:--\S+ \S+ )?([a-z][\w:-]*)/g).filter((name) => !(name in scripts));
    const questions = readdirSync(join(ROOT, "bench")).flatMap((name) => /^([\w-]+)\.bench\.ts$/.exec(name)?.[1] ?? []);
    const unasked = all(code, /\bnpm run bench -- ([a-z-]+)/g).filter((name) => !questions.includes(name));
    expect([...missing, ...unasked]).toEqual([]);
  });

  it("shows only options that the command takes", () => {
    expect(codePieces(text).flatMap(unknownOptions)).toEqual([]);
  });
});

const COMMANDS = ["send", "serve", "status", "rotate", "kick", "end"];

/** Options behind a command of ours, or alone on a page's line, that the command line does not know. */
function unknownOptions(code: string): string[] {
  const shown = code.replace(/\s#.*/, "");
  const called = /\bsightline (?:-- )?([a-z]+)(.*)/.exec(shown) ?? /\bnpm start --( )(.*)/.exec(shown);
  const alone = /^(--[a-z].*)/.exec(shown);
  if (!called && !alone) return [];
  const name = called?.[1]?.trim() || "send";
  if (called && !COMMANDS.includes(name)) return [];
  const options = (called?.[2] ?? alone?.[1] ?? "").match(/(?<=^|\s)--[a-z-]+/g) ?? [];
  const commands = called ? [name] : COMMANDS;
  return options.filter((option) => !commands.some((each) => knows(each, option)));
}

/** Asks the command line itself, which names an option that it does not know. */
function knows(name: string, option: string): boolean {
  for (const args of [[option], [option, "value"]]) {
    try {
      parseCommand([name, ...args], {});
      return true;
    } catch (error) {
      if (/Unknown option/.test(String(error))) return false;
    }
  }
  return true;
}

describe("docs/command.md", () => {
  const [commands, options] = tablesOf(sectionOf(command, "The command"));

  it("has every command", () => {
    expect(firstCodes(commands).map((name) => name.split(" ")[0])).toEqual(COMMANDS);
    expect(COMMANDS.filter((name) => !new RegExp(`sightline.*\\b${name}\\b`).test(HELP))).toEqual([]);
  });

  it("has every option that the help and the parser have", () => {
    const documented = all(firstCodes(options).join("\n"), /^--([a-z-]+)/gm);
    const parsed = all(source("src/sender/command/parse.ts"), /^ {2}"?([a-z-]+)"?: \{ type: "/gm);
    expect(documented).toEqual(parsed);
    expect(all(`${HELP} --help`, /--([a-z-]+)/g)).toEqual(parsed);
  });

  it("has every event with its fields", () => {
    const declared = Array.from(
      source("src/sender/output.ts").matchAll(/^ {2}\| \{ event: "(\w+)";(.*) \}/gm),
      ([, name, fields = ""]) => `${name}: ${Array.from(fields.matchAll(/(\w+):/g), ([, field]) => field).join(" ")}`,
    );
    const documented = (tablesOf(sectionOf(command, "Events"))[0] ?? []).map(
      ([name, fields = ""]) => `${codeIn(name)}: ${fields.replace(/[`,]/g, "")}`,
    );
    expect(documented.sort()).toEqual(declared.sort());
  });

  it("has every variable that the sender reads", () => {
    const documented = firstCodes(tablesOf(sectionOf(command, "Environment"))[0]);
    const settings = firstCodes(tablesOf(sectionOf(readPage("docs/deploy.md"), "Settings"))[0]);
    const read = readSources("src/sender").flatMap(({ text }) => all(text, /\benv\.([A-Z_]+)\b/g));
    expect([...new Set(read)].filter((name) => !settings.includes(name)).sort()).toEqual(documented.sort());
  });

  it("says the exit codes as the help and the README do", () => {
    const sentence = (text: string) => /0 ended as asked.*?another sender\./.exec(text.replace(/\s+/g, " "))?.[0];
    expect(sentence(HELP)).toBeDefined();
    expect(sentence(command.text)).toBe(sentence(HELP));
    expect(sentence(source("README.md"))).toBe(sentence(HELP));
  });
});

describe("docs/deploy.md", () => {
  it("has every setting of the edge, deployed or local", () => {
    const declared = ["src/worker/env.ts", "src/worker/ice/config.ts"].flatMap((path) =>
      all(source(path), /^ {2}([A-Z][A-Z_]+)\?: string;/gm),
    );
    expect(firstCodes(tablesOf(sectionOf(readPage("docs/deploy.md"), "Settings"))[0]).sort()).toEqual(declared.sort());
    expect([...EDGE_SETTINGS, "PUBLISH_KEY"].sort()).toEqual(declared.sort());
  });
});

describe("docs/deploy.md, the sender as a service", () => {
  it("is not started again for what another start does not mend", () => {
    const [prevented] = all(readPage("docs/deploy.md").text, /^RestartPreventExitStatus=(.+)$/gm);
    expect(prevented).toBe(`${EXIT.usage} ${EXIT.replaced}`);
  });
});

describe("docs/embed.md", () => {
  const [options, members, states] = tablesOf(sectionOf(readPage("docs/embed.md"), "Using it"));

  it("has every state of the viewer", () => {
    const declared = all(source("src/web/client/state.ts"), /^ {2}\| \{ name: "([a-z]+)";/gm);
    expect(firstCodes(states).sort()).toEqual(declared);
  });

  it("has every option, and everything that a viewer has", () => {
    const declared = all(
      source("src/web/client/options.ts").split("interface ViewerOptions")[1] ?? "",
      /^ {2}(\w+)\?:/gm,
    );
    expect([...firstCodes(options), "ahead"].sort()).toEqual(declared);
    const viewer = /^ {2}(?:get |async |readonly )?(?!constructor)([a-z]\w*)(?:<.*>)?[(:]/gm;
    const has = firstCodes(members).map((name) => /^\w+/.exec(name)?.[0]);
    expect(has.sort()).toEqual(all(source("src/web/client/viewer.ts"), viewer));
  });
});

it("every page of docs is in its index", () => {
  const index = linksOf(readPage("docs/README.md").text).map((target) => join("docs", target));
  const listed = pages.filter(({ path }) => /^docs\/[^/]+\.md$/.test(path) && path !== "docs/README.md");
  expect(listed.map(({ path }) => path).filter((path) => !index.includes(path))).toEqual([]);
});

it("decisions are numbered without gaps, each headed by its number", () => {
  const decisions = pages
    .filter(({ path }) => path.startsWith("docs/decisions/"))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const numbers = decisions.map(({ path, text }) => [
    Number(/(\d{4})-/.exec(path)?.[1]),
    Number(/^# (\d+)\. /.exec(text)?.[1]),
  ]);
  expect(numbers).toEqual(decisions.map((_page, i) => [i + 1, i + 1]));
});
