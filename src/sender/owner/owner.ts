import { isMadeUpSessionId } from "../../protocol/ids.ts";
import { hashToken } from "../../protocol/link.ts";
import { formatBitrate, formatFps } from "../../protocol/units.ts";
import type { OwnerConfig } from "../config.ts";
import { SenderError, usageError } from "../errors.ts";
import { type Identity, IdentityStore, rotateLinks } from "../identity.ts";
import { linkOf, linkTokenHash, whepOf } from "../links.ts";
import type { Output } from "../output.ts";
import { endSession, kickViewer, putLinks, sessionStatus } from "../signaling/api.ts";

/** Ids in one sentence. */
const TOLD_MAX = 10;

/**
 * Does what a session's owner asks of it, from the machine that keeps its identity.
 * @throws SenderError `usage` when no session fits, `edge` when the edge refuses
 */
export async function runOwner(config: OwnerConfig, output: Output): Promise<void> {
  const store = new IdentityStore(config.stateDir, output.note);
  const identity = await chooseSession(store, config);
  const edge = config.edge ?? identity.edge;
  if (!edge) throw usageError(`Where is session ${identity.sessionId}? Say so with --edge URL.`);
  const { sessionId, senderToken } = identity;
  switch (config.action) {
    case "status": {
      const status = await sessionStatus(edge, sessionId, senderToken);
      const { width, height, bitrateBps, fps, paused } = status.report?.parameters ?? {};
      const encoder = status.report?.cameras[0]?.encoder;
      output.emit({ event: "status", status });
      output.note(`Session   ${sessionId} on ${edge}`);
      output.note(`Camera    ${status.sender ? `here${paused ? ", paused" : ""}` : "not connected"}`);
      const rate = fps === undefined ? "" : ` at ${formatFps(fps)} fps`;
      const most = bitrateBps === undefined ? "" : `, at most ${formatBitrate(bitrateBps)}`;
      const by = encoder === undefined ? "" : `, ${encoder}`;
      if (status.report) output.note(`Stream    ${width}x${height}${rate}${most}${by}`);
      output.note(`Viewers   ${status.viewers} of at most ${status.maxViewers}`);
      if (status.expiresAtMs !== null) output.note(`Ends      ${new Date(status.expiresAtMs).toLocaleString()}`);
      return;
    }
    case "end":
      return end(store, identity, edge, output);
    case "kick":
      return kick(identity, edge, config.viewer ?? "", output);
    case "rotate":
      return rotate(store, identity, edge, config, output);
  }
}

async function kick({ sessionId, senderToken }: Identity, edge: string, viewer: string, output: Output): Promise<void> {
  const { sender } = await sessionStatus(edge, sessionId, senderToken);
  await kickViewer(edge, sessionId, senderToken, viewer);
  const done =
    sender === null
      ? "The edge let the viewer go. The camera is not connected to it now, and hears of it once it is. If the edge is older than this command, kick again then."
      : "The viewer is out.";
  output.note(`${done} Its link still works: only \`sightline rotate\` keeps a link's holder out for good.`);
}

async function end(store: IdentityStore, identity: Identity, edge: string, output: Output): Promise<void> {
  const { sessionId, senderToken } = identity;
  try {
    await endSession(edge, sessionId, senderToken);
    output.note(`Session ${sessionId} has ended.`);
  } catch (error) {
    if (!(error instanceof SenderError)) throw error;
    if (error.code !== "session-not-found") throw withConsolation(error, "The sender stops all the same, if it runs.");
    output.note(`The edge at ${edge} knows no session ${sessionId} any more. The sender stops, if it runs.`);
  } finally {
    // A sender that the edge could not tell follows the file; it would make the session anew when it is back.
    const latest = store.read(sessionId);
    if (latest) store.write({ ...latest, ended: true });
  }
}

/** The file first: the sender follows it, and so drops the old links' holders even when the edge is down. */
async function rotate(
  store: IdentityStore,
  identity: Identity,
  edge: string,
  config: OwnerConfig,
  output: Output,
): Promise<void> {
  const next = rotateLinks(identity, config.roles);
  store.write(next);
  // Links are for others than this machine, which may reach the edge by another address.
  const shown = (edge === identity.edge ? identity.shown?.[0] : undefined) ?? edge;
  for (const role of config.roles) output.emit({ event: "link", role, url: linkOf(next, role, shown) });
  try {
    const status = await sessionStatus(edge, identity.sessionId, identity.senderToken);
    const whep = config.roles.includes("viewer") && status.whep;
    if (whep) output.emit(whepOf(next, shown));
    await putLinks(edge, identity.sessionId, identity.senderToken, {
      ...(config.roles.includes("viewer") ? { viewerTokenHash: linkTokenHash(next, "viewer") } : {}),
      ...(config.roles.includes("operator") ? { operatorTokenHash: linkTokenHash(next, "operator") } : {}),
      ...(whep ? { whepTokenHash: hashToken(next.whepToken) } : {}),
    });
  } catch (error) {
    if (!(error instanceof SenderError)) throw error;
    const both =
      "The links are replaced all the same: the sender lets nobody in by the old ones, and gives the edge the new ones when it reaches it.";
    throw withConsolation(error, both);
  }
  output.note("Who came by the old links was told and dropped.");
}

/** @param consolation what was done all the same */
function withConsolation(error: SenderError, consolation: string): SenderError {
  return new SenderError(error.reason, error.code, `${error.message} ${consolation}`, { cause: error });
}

async function chooseSession(store: IdentityStore, config: OwnerConfig): Promise<Identity> {
  const kept = store.list();
  const few = config.session === undefined && kept.length > 1 ? await withoutDead(store, kept, config.edge) : kept;
  const id = config.session ?? (few.length === 1 ? few[0] : undefined);
  if (id === undefined) {
    const none = kept.length === 0 ? "No session is kept here." : "None of the sessions that are kept here runs now.";
    const which = few.length === 0 ? none : `Which session? ${keptHere(few)}`;
    throw usageError(`${which} Name one with --session, or its folder with --state.`);
  }
  const identity = store.read(id);
  if (identity) return identity;
  throw new SenderError(
    "usage",
    "session-unknown",
    `Session ${id} is not kept here. Was it started with another --state?${kept.length === 0 ? "" : ` ${keptHere(kept)}`}`,
  );
}

function keptHere(ids: string[]): string {
  const told = ids.toSorted().slice(0, TOLD_MAX);
  const more = ids.length - told.length;
  return `Kept here: ${told.join(", ")}${more > 0 ? `, and ${more} more` : ""}.`;
}

/** The file of a session made up for one run outlives a sender that was killed: of those only who has a sender counts. */
async function withoutDead(store: IdentityStore, ids: string[], edge: string | undefined): Promise<string[]> {
  const asked = ids.map(async (id) => {
    if (!isMadeUpSessionId(id)) return [id];
    try {
      const identity = store.read(id);
      // To no other edge than its own, for the token goes along.
      if (!identity?.edge || (edge !== undefined && edge !== identity.edge)) return [];
      const { sender } = await sessionStatus(identity.edge, id, identity.senderToken);
      return sender === null ? [] : [id];
    } catch {
      return [];
    }
  });
  return (await Promise.all(asked)).flat();
}
