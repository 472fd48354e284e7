import {
  chmodSync,
  closeSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
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
 * new one. Root leaves a file that it replaces to the user whose it was, else a sender that runs as that user could not
 * read what `sudo sightline rotate` wrote.
 * @throws Error of node:fs
 */
export function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_OWNER_ONLY });
  const next = `${path}.${process.pid}.new`;
  try {
    // Made anew: what somebody else put there, a link perhaps, would be written through.
    rmSync(next, { force: true });
    const file = openSync(next, "wx", OWNER_ONLY);
    try {
      writeFileSync(file, text, { flush: true });
      // By its descriptor: the folder's owner could have put a link in its place by now.
      if (process.getuid?.() === 0) leaveToOwner(file, path);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

function leaveToOwner(file: number, replaced: string): void {
  const before = lstatSync(replaced, { throwIfNoEntry: false });
  if (before && before.uid !== 0) fchownSync(file, before.uid, before.gid);
}
