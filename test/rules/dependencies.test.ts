import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/source.ts";

// What docs/security.md says of dependencies.

interface LockedPackage {
  version?: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  hasInstallScript?: boolean;
  dev?: boolean;
}

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
const manifest: Record<string, Record<string, string | boolean>> = read("package.json");
const lock = read("package-lock.json") as { packages: Record<string, LockedPackage> };
const locked = Object.entries(lock.packages).filter(([path]) => path !== "");

const LICENSES = [
  ...["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0", "CC0-1.0", "Unlicense"],
  ...["MPL-2.0", "Python-2.0", "CC-BY-4.0"],
];
/** sharp's image library, linked at run time by wrangler's development server; no part of what is published. */
const LGPL_OF_DEVELOPMENT = /^node_modules\/@img\/sharp-/;

describe("dependencies", () => {
  it("are named by one version each, in package.json", () => {
    const named = Object.entries({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.devDependencies,
    });
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(String(version)))).toEqual([]);
  });

  it("come from the registry, each with its hash", () => {
    const strange = locked.filter(
      ([, { resolved = "", integrity = "" }]) =>
        (resolved !== "" && !resolved.startsWith("https://registry.npmjs.org/")) || !integrity.startsWith("sha512-"),
    );
    expect(strange.map(([path]) => path)).toEqual([]);
  });

  it("run no script when they are installed but those that were decided on", () => {
    const scripted = locked.flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [path.replace(/^.*node_modules\//, "")] : [],
    );
    expect(scripted.filter((name) => !(name in (manifest.allowScripts ?? {}))).sort()).toEqual([]);
  });

  it("have licenses that go with the project's", () => {
    const isFit = (license: string) =>
      license
        .replace(/[()]/g, "")
        .split(" OR ")
        .some((each) => LICENSES.includes(each));
    const odd = locked.filter(([, { license = "none" }]) => !isFit(license));
    expect(odd.map(([path]) => path).filter((path) => !LGPL_OF_DEVELOPMENT.test(path))).toEqual([]);
  });
});
