import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Files that hold secrets: their owner's alone to read, and never half written. */

const OWNER_ONLY = 0o600;
const FOLDER_OWNER_ONLY = 0o700;
const ANYBODY_ELSE = 0o077;

/**
 * Reads such a file. One that others may read, as a copied one often is, is closed to them.
 * @param note is told so, in a sentence for people
 * @throws Error of node:fs
 */
export function readPrivate(path: string, note: (line: string) => void): string {
  const text = readFileSync(path, "utf8");
  if ((statSync(path).mode & ANYBODY_ELSE) === 0 || process.platform === "win32") return text;
  try {
    chmodSync(path, OWNER_ONLY);
    note(`${path} holds secrets and was open to other users; it is now yours alone.`);
  } catch {
    note(`${path} holds secrets and is open to other users. Close it to them: chmod 600 ${path}`);
  }
  return text;
}

/**
 * Writes such a file, and the folders above it. Whoever reads meanwhile, or after a crash, finds the old text or the
 * new one.
 * @throws Error of node:fs
 */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_OWNER_ONLY });
  const next = `${path}.${process.pid}.new`;
  try {
    // Made anew: what somebody else put there, a link perhaps, would be written through.
    rmSync(next, { force: true });
    writeFileSync(next, text, { mode: OWNER_ONLY, flag: "wx", flush: true });
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}
