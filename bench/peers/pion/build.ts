import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Need } from "../../../scripts/debian.ts";

export const PION_NEEDS: Need[] = [
  { package: "golang-go", file: "/usr/bin/go" },
  {
    package: "golang-github-pion-webrtc.v3-dev",
    file: "/usr/share/gocode/src/github.com/pion/webrtc",
  },
];

const source = fileURLToPath(new URL(".", import.meta.url));
const out = fileURLToPath(new URL("../../../dist/bench/pion", import.meta.url));

/**
 * Builds the sender from Debian's own sources, offline, unless that was done already.
 * @returns the program
 */
export function buildPion(): string {
  const program = `${out}/sender`;
  const files = readdirSync(source).filter((name) => name.endsWith(".go"));
  const changedMs = Math.max(...files.map((name) => statSync(`${source}${name}`).mtimeMs));
  if ((statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0) > changedMs) return program;
  // Go reads "webrtc/v3" as the folder "webrtc" only for a module inside GOPATH.
  const module = `${out}/gopath/src/sender`;
  mkdirSync(module, { recursive: true });
  for (const name of files) cpSync(`${source}${name}`, `${module}/${name}`);
  writeFileSync(`${module}/go.mod`, "module sender\n");
  const { status, stderr } = spawnSync("/usr/bin/go", ["build", "-o", program, "."], {
    cwd: module,
    env: { ...process.env, GO111MODULE: "off", GOPATH: `${out}/gopath:/usr/share/gocode`, GOFLAGS: "" },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The pion sender does not build: ${stderr}`);
  return program;
}
