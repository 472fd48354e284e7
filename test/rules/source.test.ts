import { buildSync } from "esbuild";
import { expect, it } from "vitest";
import { ROOT, readSource, readSources } from "./support/source.ts";

it.each([
  ['import { a } from "pkg";', [["pkg", false]]],
  ['import type { A } from "pkg";', [["pkg", true]]],
  ['import { type A, b } from "../b.ts";', [["src/b.ts", false]]],
  ['import {\n  a,\n  type B,\n} from "./c.ts";', [["src/room/c.ts", false]]],
  ['import type {\n  A,\n} from "../x/c.ts";', [["src/x/c.ts", true]]],
  [
    'import * as v from "valibot";\nimport d, { e } from "pkg/sub.js";',
    [
      ["valibot", false],
      ["pkg/sub.js", false],
    ],
  ],
  ['import "./start.ts";', [["src/room/start.ts", false]]],
  [
    'export { a } from "./d.ts";\nexport type { B } from "./e.ts";',
    [
      ["src/room/d.ts", false],
      ["src/room/e.ts", true],
    ],
  ],
  ['export * from "./d.ts";', [["src/room/d.ts", false]]],
  ['const { a } = await import("../lazy.ts");', [["src/lazy.ts", false]]],
  ['// import { a } from "pkg";\n/* import "b"; */\n/**\nimport "c";\n */', []],
  ['const text = "import x from y";\nexport const from = 1;', []],
] as [string, [string, boolean][]][])("reads imports: %j", (text, expected) => {
  const { imports } = readSource("src/room/file.ts", text);
  expect(imports.map(({ target, typeOnly }) => [target, typeOnly])).toEqual(expected);
});

it("leaves code without comments and texts", () => {
  const { code } = readSource(
    "src/a.ts",
    'const a = "fetch("; // setTimeout\nconst b = /"\\/\\//.test(a); /* Date.now */\nrun();',
  );
  expect(code).not.toMatch(/fetch|setTimeout|Date/);
  expect(code).toContain("run();");
});

// What this reads by pattern, esbuild reads by parsing: were one import missed, a rule could be broken unseen.
it("misses no import that esbuild finds", { timeout: 30_000 }, () => {
  const sources = readSources();
  const { metafile } = buildSync({
    entryPoints: sources.map(({ path }) => path),
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    outdir: "out",
    format: "esm",
    platform: "node",
    packages: "external",
    external: ["cloudflare:*"],
    logLevel: "silent",
  });
  const missed = sources.flatMap(({ path, imports }) => {
    const found = new Set(imports.filter(({ typeOnly }) => !typeOnly).map(({ target }) => target));
    const parsed = metafile.inputs[path]?.imports.map((entry) => entry.path) ?? [];
    return parsed.filter((target) => !found.has(target)).map((target) => `${path} -> ${target}`);
  });
  expect(missed).toEqual([]);
  expect(Object.keys(metafile.inputs).length).toBeGreaterThan(50);
});
