import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readPage, sectionOf } from "./support/markdown.ts";
import { ROOT } from "./support/source.ts";

// The types that the package has, as whoever embeds the client is given them.

let folder: string;
const inFolder = (name: string) => join(folder, name);

/** @returns what the compiler has to say */
function compile(...args: string[]): string {
  return spawnSync(join(ROOT, "node_modules/.bin/tsc"), args, { encoding: "utf8" }).stdout;
}

/** As much of React as the example takes. */
const REACT = `
declare module "react" {
  export function useRef<T>(value: T | null): { current: T | null };
  export function useState<T>(): [T | undefined, (value: T) => void];
  export function useEffect(effect: () => () => void, inputs: unknown[]): void;
}
declare module "react/jsx-runtime" {
  export namespace JSX {
    interface IntrinsicElements { [name: string]: unknown }
  }
}`;

/** What is wrong with a module that imports the package. */
function wrongIn(text: string): string {
  writeFileSync(inFolder("example.tsx"), text);
  writeFileSync(inFolder("react.d.ts"), REACT);
  const paths = { sightline: [inFolder("types/web/client/index.d.ts")] };
  const compilerOptions = { noEmit: true, jsx: "react-jsx", paths };
  const files = ["example.tsx", "react.d.ts"];
  const config = { extends: join(ROOT, "tsconfig.web.json"), compilerOptions, include: [], files };
  writeFileSync(inFolder("tsconfig.json"), JSON.stringify(config));
  return compile("-p", inFolder("tsconfig.json"));
}

beforeAll(() => {
  // Within the project, for the types name packages of others.
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "dist", "typings-"));
  expect(compile("-p", join(ROOT, "tsconfig.types.json"), "--outDir", inFolder("types"))).toBe("");
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("take the example of docs/embed.md as it stands", { timeout: 60_000 }, () => {
  const [, example = ""] = /```ts\n(.*?)```/s.exec(sectionOf(readPage("docs/embed.md"), "Using it")) ?? [];
  expect(wrongIn(`declare const link: string;\n${example}`)).toBe("");
  expect(wrongIn(`declare const link: URL;\n${example}`)).toContain("error");
});

it("take its example for React", { timeout: 60_000 }, () => {
  const section = sectionOf(readPage("docs/embed.md"), "React, and React Native");
  const [, example = ""] = /```tsx\n(.*?)```/s.exec(section) ?? [];
  expect(wrongIn(example)).toBe("");
  expect(wrongIn(example.replace("viewer.close()", "viewer.stop()"))).toContain("error");
});

it("have nothing that is only for this page and its tests", { timeout: 60_000 }, () => {
  const text = ["index", "viewer", "options"].map((name) =>
    readFileSync(inFolder(`types/web/client/${name}.d.ts`), "utf8"),
  );
  expect(text.join("\n").match(/\b(Runtime|Ahead|Identity|Player|EarlySocket)\b/g)).toBe(null);
});
