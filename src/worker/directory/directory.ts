import { DurableObject } from "cloudflare:workers";
import type { DirectoryEntry, DirectoryPage } from "./entry.ts";

/**
 * Which sessions exist, so that their owner can list them. Written when one is created and when it ends, never when
 * somebody joins: what goes on in a session is asked of the session itself. Why one object: docs/decisions.
 */
export class Directory extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env as never);
    this.#sql = ctx.storage.sql;
    // Without a rowid the primary key is the table itself, so that an entry costs one row and not two.
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER
    ) WITHOUT ROWID`);
  }

  /** Writes nothing when it is known as it is. */
  async add({ id, createdAtMs, expiresAtMs }: DirectoryEntry): Promise<void> {
    this.#sql.exec(
      `INSERT INTO sessions (id, created_at_ms, expires_at_ms) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET created_at_ms = ?2, expires_at_ms = ?3
       WHERE created_at_ms IS NOT ?2 OR expires_at_ms IS NOT ?3`,
      id,
      createdAtMs,
      expiresAtMs,
    );
  }

  /** Only the session that was created then: a later one of the same id stays. */
  async remove(gone: Pick<DirectoryEntry, "id" | "createdAtMs">[]): Promise<void> {
    for (const { id, createdAtMs } of gone) {
      this.#sql.exec("DELETE FROM sessions WHERE id = ?1 AND created_at_ms = ?2", id, createdAtMs);
    }
  }

  /** @param after the id that the page before ended with; ids come in their own order */
  async page(after: string, limit: number): Promise<DirectoryPage> {
    const rows = this.#sql
      .exec<{ id: string; created_at_ms: number; expires_at_ms: number | null }>(
        "SELECT id, created_at_ms, expires_at_ms FROM sessions WHERE id > ?1 ORDER BY id LIMIT ?2",
        after,
        limit + 1,
      )
      .toArray();
    const entries = rows.slice(0, limit).map((row) => ({
      id: row.id,
      createdAtMs: row.created_at_ms,
      expiresAtMs: row.expires_at_ms,
    }));
    return { entries, nextCursor: rows.length > limit ? (entries.at(-1)?.id ?? null) : null };
  }
}
