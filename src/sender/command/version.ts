import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** The version of the package that this file belongs to, as its manifest has it. */
export function versionLine(): string {
  const path = findPackageJSON("..", import.meta.url);
  const { version } = JSON.parse(path ? readFileSync(path, "utf8") : "{}") as { version?: string };
  return `${version ?? "unknown"}\n`;
}
