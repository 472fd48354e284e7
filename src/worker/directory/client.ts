import type { Env } from "../env.ts";
import type { DirectoryEntry } from "./entry.ts";

type DirectoryEnv = Pick<Env, "DIRECTORY">;

/** One for the whole deployment. */
export function directory(env: DirectoryEnv) {
  return env.DIRECTORY.getByName("all");
}

/** Never rejects: a session without its entry works, and gets it when its sender comes again. */
export async function register(env: DirectoryEnv, entry: DirectoryEntry): Promise<void> {
  try {
    await directory(env).add(entry);
  } catch (error) {
    console.warn(`session ${entry.id}: not in the directory, and so in no list:`, error);
  }
}

/** Never rejects: an entry without its session goes when it is next listed. */
export async function unregister(env: DirectoryEnv, gone: Pick<DirectoryEntry, "id" | "createdAtMs">): Promise<void> {
  try {
    await directory(env).remove([gone]);
  } catch (error) {
    console.warn(`session ${gone.id}: still in the directory:`, error);
  }
}
