import type { CreatedSession } from "../../protocol/http.ts";

/** What the directory knows of a session. */
export type DirectoryEntry = Omit<CreatedSession, "expiresInMs">;

export interface DirectoryPage {
  entries: DirectoryEntry[];
  /** Asks for the next page; `null` on the last. */
  nextCursor: string | null;
}
