import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../src/protocol/errors.ts";
import { RATE_LIMITS } from "../../src/sender/edge/rate-limits.ts";
import { EDGE_SETTINGS } from "../../src/sender/edge/settings.ts";
import { ROOT, readSources } from "./support/source.ts";

const sources = readSources();
const LINES_MAX = 250;

it(`no source file is longer than ${LINES_MAX} lines: split it by what its parts do`, () => {
  const long = sources.map(({ path, text }) => ({ path, lines: text.trimEnd().split("\n").length }));
  expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
});

describe("the edge runs here", () => {
  const config = readFileSync(join(ROOT, "src/worker/local/edge.capnp"), "utf8");

  it("with the compatibility date and flags that are deployed", () => {
    const deployed = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const here = (name: string) => new RegExp(`^const ${name} :.+ = (.+);$`, "m").exec(config)?.[1];
    expect(here("compatibilityDate")).toMatch(/^"\d{4}-\d\d-\d\d"$/);
    expect(here("compatibilityDate")).toBe(/^compatibility_date = (.+)$/m.exec(deployed)?.[1]);
    expect(here("compatibilityFlags")).toBe(/^compatibility_flags = (.+)$/m.exec(deployed)?.[1]);
  });

  it("with every setting, by its own name", () => {
    const found = Array.from(config.matchAll(/name = "(\w+)", fromEnvironment = "(\w+)"/g), ([, name, from]) => [
      name,
      from,
    ]);
    const named = found.filter(([name]) => name !== "limit");
    expect(named.filter(([name, from]) => name !== from)).toEqual([]);
    expect(named.map(([name]) => name).sort()).toEqual([...EDGE_SETTINGS, "PUBLISH_KEY", "TRUST_PROXY"].sort());
    const limits = found.filter(([name]) => name === "limit").map(([, from]) => from);
    expect(limits).toEqual(Object.keys(RATE_LIMITS));
  });
});

describe("every error code is used or explained", () => {
  const documents = existsSync(join(ROOT, "docs"))
    ? readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"))
    : [];
  const texts = [
    ...sources.filter(({ path }) => path !== "src/protocol/errors.ts").map(({ text }) => text),
    ...documents.map((name) => readFileSync(join(ROOT, "docs", name), "utf8")),
  ];
  it.each(Object.keys(ERRORS).map((code) => [code]))("%s", (code) => {
    const quoted = new RegExp(`["'\`]${code}["'\`]`);
    const key = new RegExp(`^\\s+${code}: `, "m");
    expect(texts.some((text) => quoted.test(text) || key.test(text))).toBe(true);
  });
});

it("programs read the sender's stdout, so only its output and its main file write there", () => {
  const writing = sources.filter(
    ({ path, code }) => path.startsWith("src/sender/") && /console\.log|process\.stdout/.test(code),
  );
  expect(writing.map(({ path }) => path)).toEqual(["src/sender/main.ts", "src/sender/output.ts"]);
});

it("no file takes its own place from a URL's path, where a blank or an umlaut reads otherwise", () => {
  const all = ["src", "scripts", "test", "bench", "examples"].flatMap((folder) => readSources(folder));
  const wrong = all.filter(
    ({ code }) => /import\.meta\.url/.test(code) && /new URL\([^()]*,[^()]*\)\.pathname/.test(code),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it("no SQL, shell or HTML is put together from text", () => {
  const patterns = /\.exec\(`[^`]*\$\{|execSync\(|innerHTML|insertAdjacentHTML|\beval\(|new Function\(/;
  expect(sources.filter(({ text }) => patterns.test(text)).map(({ path }) => path)).toEqual([]);
});
