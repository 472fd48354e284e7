import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Import {
  /** A package, `node:` module, or for what is relative the file's path from the project's root. */
  target: string;
  /** Erased when the code runs: `import type`, `export type`. */
  typeOnly: boolean;
}

export interface SourceFile {
  /** From the project's root, such as `src/protocol/ids.ts`. */
  path: string;
  text: string;
  /** The text without comments and without what stands between quotes. */
  code: string;
  imports: Import[];
}

/** Every TypeScript file under a folder of the project. */
export function readSources(folder = "src"): SourceFile[] {
  return readdirSync(posix.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => posix.join(folder, name))
    .sort()
    .map((path) => readSource(path, readFileSync(posix.join(ROOT, path), "utf8")));
}

export function readSource(path: string, text: string): SourceFile {
  const uncommented = withoutComments(text);
  const imports = Array.from(uncommented.matchAll(IMPORT), ({ groups }) => {
    const name = groups?.from ?? groups?.bare ?? groups?.dynamic ?? "";
    const target = name.startsWith(".") ? posix.join(posix.dirname(path), name) : name;
    return { target, typeOnly: groups?.type !== undefined };
  });
  return { path, text, code: uncommented.replace(QUOTED, '""'), imports };
}

/** Static, bare and dynamic imports, as Biome lays them out: a statement begins its line. */
const IMPORT =
  /^(?:import|export)\s+(?<type>type\s)?[^"';]*?\sfrom\s+["'](?<from>[^"']+)["']|^import\s+["'](?<bare>[^"']+)["']|\bimport\(\s*["'](?<dynamic>[^"']+)["']/gm;

const QUOTED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;

/** Comments only: what looks like one inside quotes, a template or a regular expression stays. */
function withoutComments(text: string): string {
  return text.replace(
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/(?![/*\s])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*(?=[.,;)\]\s])|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (part) => (part.startsWith("/*") || part.startsWith("//") ? "" : part),
  );
}
