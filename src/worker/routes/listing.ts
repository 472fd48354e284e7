import type { Context } from "hono";
import { check } from "../../protocol/codec.ts";
import { ListSessions, type SessionList, type SessionSummary } from "../../protocol/http.ts";
import { LIST_PAGE_DEFAULT } from "../../protocol/limits.ts";
import { callerOf, requirePublishKey } from "../auth.ts";
import { directory } from "../directory/client.ts";
import type { DirectoryEntry } from "../directory/entry.ts";
import type { Env } from "../env.ts";
import type { Caller } from "../session/record.ts";

/** Sessions that are asked at a time. */
const PARALLEL = 10;

/** The sessions of this deployment, each asked how it is. Entries of sessions that are no more are dropped. */
export async function listSessions(c: Context<{ Bindings: Env }>): Promise<Response> {
  requirePublishKey(c.req.raw, c.env);
  const { cursor = "", limit } = check(ListSessions, c.req.query());
  const caller = callerOf(c.req.raw, c.env);
  const page = await directory(c.env).page(cursor, limit === undefined ? LIST_PAGE_DEFAULT : Number(limit));
  const summaries = await mapBounded(page.entries, (entry) => summaryOf(c.env, entry, caller));
  const lost = page.entries.filter((_entry, index) => summaries[index] === "lost");
  if (lost.length > 0) c.executionCtx.waitUntil(directory(c.env).remove(lost));
  const sessions = summaries.filter((summary) => summary !== "lost");
  return c.json({ sessions, nextCursor: page.nextCursor } satisfies SessionList);
}

async function summaryOf(env: Env, entry: DirectoryEntry, caller: Caller): Promise<SessionSummary | "lost"> {
  try {
    const reply = await env.SESSIONS.getByName(entry.id).status(caller);
    if (reply.ok) {
      const { id, createdAtMs, expiresAtMs, senderSinceMs, viewers, report } = reply.value;
      const cameras = report?.cameras ?? [];
      return { id, createdAtMs, expiresAtMs, reachable: true, senderSinceMs, viewers, cameras };
    }
    if (reply.code === "session-not-found") return "lost";
    throw new Error(reply.code);
  } catch (error) {
    console.warn(`session ${entry.id} did not say how it is:`, error);
    return { ...entry, reachable: false, senderSinceMs: null, viewers: 0, cameras: [] };
  }
}

async function mapBounded<T, R>(items: T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += PARALLEL) {
    results.push(...(await Promise.all(items.slice(start, start + PARALLEL).map(ask))));
  }
  return results;
}
