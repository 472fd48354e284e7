import { unwatchFile, watchFile } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Role } from "../protocol/ids.ts";
import { beginSession } from "./begin.ts";
import { chooseCamera } from "./capture/camera.ts";
import type { Camera, SourceFormat } from "./capture/source.ts";
import type { SendConfig } from "./config.ts";
import { chooseEncoder } from "./encode/choose.ts";
import { warmUpEncoder } from "./encode/warm-up.ts";
import { type Identity, IdentityStore, makeIdentity } from "./identity.ts";
import { announce, sessionRequest } from "./links.ts";
import { LiveCamera, mostOf } from "./live-camera.ts";
import type { Output } from "./output.ts";
import { warmUp } from "./peer/warm-up.ts";
import { type ReachedEdge, reachEdge } from "./reach-edge.ts";
import { type Ending, Session } from "./session.ts";
import { endSession } from "./signaling/api.ts";
import { MetricsServer } from "./stats/metrics-server.ts";
import { tellStats } from "./stats/telling.ts";

/** A longer wait would overflow the timer; a session that lasts longer is looked at again then. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const FIRST_PICTURE_MS = 3_000;
const FILE_POLL_MS = 500;
const ANNOUNCED_ANYWAY_MS = 1_000;
const OWNER_ENDED = "The owner has ended the session.";

/**
 * Streams a camera until `signal` aborts or the session ends.
 * @throws SenderError with what the process is to exit with
 */
export async function runSend(
  config: SendConfig,
  env: Record<string, string | undefined>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const store = new IdentityStore(config.stateDir, output.note);
  const known = config.session === undefined ? undefined : store.read(config.session);
  const camera = chooseCamera(config.cameras[0] ?? "pattern", config);
  const named = config.encoder === "auto" ? undefined : await chooseEncoder(config.encoder);
  await using cleanup = new AsyncDisposableStack();
  let session: Session | undefined;
  const readStats = () => session?.stats(performance.now()) ?? { cameras: [], viewers: [] };
  const metrics = config.metrics && cleanup.use(await MetricsServer.open(config.metrics, readStats));
  const [format, edge] = await bothOrNeither(probe(camera, signal), reachEdge(config, env, output, cleanup));
  // Hardware that takes a small picture may not take the camera's.
  const encoder = named ?? (await chooseEncoder("auto", { ...mostOf(format, config), bitrateBps: config.bitrateBps }));
  signal.throwIfAborted();

  // Read again: a camera may take a while to open, and the owner may have made new links meanwhile.
  const latest = config.session === undefined ? undefined : store.read(config.session);
  if (latest?.ended && !known?.ended) {
    output.note(OWNER_ENDED);
    return;
  }
  const { ended: _before, ...kept } = latest ?? makeIdentity(config.session);
  const before: Identity = { ...kept, edge: edge.origin, shown: edge.shown };
  const isKept = keep({ store, identity: before, latest, session: config.session, note: output.note });
  if (isKept && config.session === undefined) cleanup.defer(() => store.remove(before.sessionId));
  const keepToken = (senderToken: string) => store.write({ ...(store.read(before.sessionId) ?? before), senderToken });
  const { identity, request, created } = await beginSession(edge, before, config, keepToken, signal);

  const live = cleanup.use(new LiveCamera(camera, { format, config, output, encoder }));
  const [shape] = live.report().cameras;
  if (shape) output.emit({ event: "camera", ...shape, name: live.name });
  output.emit({ event: "edge", url: edge.origin });

  const ended = Promise.withResolvers<Ending>();
  const onEnd = ended.resolve;
  signal.addEventListener("abort", () => onEnd({ sentence: "" }), { once: true });
  const expired = () => onEnd({ sentence: "The session has expired." });
  // The edge counts from the first creation, so that its end is no later than this run's own, unless it lies.
  const lifeMs = Math.min(
    created.expiresInMs ?? Number.POSITIVE_INFINITY,
    config.expiresMs ?? Number.POSITIVE_INFINITY,
  );
  if (lifeMs < Number.POSITIVE_INFINITY) cleanup.defer(after(lifeMs, expired));
  let owner: Owner | undefined;
  const lookAgain = () => owner?.look();
  session = cleanup.use(new Session({ config, identity, edge, request, camera: live, output, onEnd, lookAgain }));
  owner = followOwner(store, identity, config, edge, session, output, onEnd);
  cleanup.defer(owner.forget);
  // What was written while the session was made is no news to who watches the file from now on.
  owner.look();
  const open = session.open();
  void warmUp();
  if (shape) void warmUpEncoder(encoder, { ...shape, bitrateBps: config.bitrateBps });
  // So that whoever follows the link at once finds the camera there, unless the edge keeps it waiting.
  await Promise.race([open, ended.promise, sleep(ANNOUNCED_ANYWAY_MS, undefined, { ref: false })]);
  owner.announce();
  if (metrics) output.emit({ event: "metrics", url: metrics.url });
  output.note("Ctrl-C ends the session.");
  cleanup.defer(tellStats(config, output, readStats));
  const ending = await ended.promise;
  session.over();
  if ("error" in ending) throw ending.error;
  if (ending.sentence) output.note(ending.sentence);
  // A session with a name of its own waits for its sender to come back; one made up for this run is over.
  if (config.session === undefined) {
    await endSession(edge.origin, identity.sessionId, identity.senderToken).catch(() => {});
  }
}

/**
 * Kept for the owner's commands while the session runs, and after it when the session has a name of its own.
 * @param kept.latest what is there already, if anything
 * @param kept.session the name that the user gave it, if any
 * @returns whether it was written
 * @throws SenderError when the session cannot do without
 */
function keep(kept: {
  store: IdentityStore;
  identity: Identity;
  latest: Identity | undefined;
  session: string | undefined;
  note: Output["note"];
}): boolean {
  const { store, identity, latest } = kept;
  try {
    store.write(identity);
    return true;
  } catch (error) {
    // A session made up for this run streams without them.
    if (kept.session === undefined) return false;
    // So does one whose links are there. Not one that its owner ended: the file would end it again.
    if (!latest || latest.ended) throw error;
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    const moved = latest.edge === identity.edge ? "" : ` Commands for this session take --edge ${identity.edge}.`;
    kept.note(`${store.pathOf(identity.sessionId)} cannot be written (${why}). Its links work all the same.${moved}`);
    return false;
  }
}

/** Waits for both, so that what one has opened is closed when the other fails. */
async function bothOrNeither<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const [first, second] = await Promise.allSettled([a, b]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return [first.value, second.value];
}

/**
 * Opens the camera once, to know that it is there before anybody is sent a link. Of a recording a picture is decoded as
 * well; a live camera's first may be seconds away.
 */
async function probe(camera: Camera, signal: AbortSignal): Promise<SourceFormat> {
  await using source = await camera.open(signal);
  if (source.finite) {
    // One that is slow to come gets the benefit of the doubt.
    const patience = AbortSignal.any([signal, AbortSignal.timeout(FIRST_PICTURE_MS)]);
    for await (const _ of source.frames(patience)) break;
  }
  return source.format;
}

/**
 * By a clock that does not jump when somebody sets this machine's, as robots without one of their own do once they are
 * online.
 * @returns what forgets about it
 */
function after(ms: number, act: () => void): () => void {
  const atMs = performance.now() + ms;
  const arm = (): NodeJS.Timeout =>
    setTimeout(
      () => {
        if (performance.now() < atMs) timer = arm();
        else act();
      },
      Math.min(TIMER_MAX_MS, Math.max(0, atMs - performance.now())),
    );
  let timer = arm();
  return () => clearTimeout(timer);
}

/** What the session's file says. */
interface Owner {
  /** Looks now. */
  look(): void;
  forget(): void;
  /** Tells the links, and tells them again from then on when they are others. */
  announce(): void;
}

/**
 * Follows the session's file, where `sightline rotate` writes new links and `sightline end` that it is over: the owner's
 * file decides, never the edge's word.
 */
function followOwner(
  store: IdentityStore,
  first: Identity,
  config: SendConfig,
  edge: ReachedEdge,
  session: Session,
  output: Output,
  onEnd: (ending: Ending) => void,
): Owner {
  const path = store.pathOf(first.sessionId);
  let current = first;
  let isAnnounced = false;
  const look = () => {
    const next = readQuietly(store, first.sessionId);
    if (!next) return;
    if (next.ended) return onEnd({ sentence: OWNER_ENDED });
    const rotated: Role[] = [];
    if (next.viewerSecret !== current.viewerSecret) rotated.push("viewer");
    if (next.operatorSecret !== current.operatorSecret) rotated.push("operator");
    if (rotated.length === 0) return;
    current = next;
    void session.replaceLinks(next, sessionRequest(next, config), rotated);
    output.note("The owner made new links; the old ones are dead.");
    if (isAnnounced) tell();
  };
  const tell = () => announce(current, edge.shown, config, output);
  watchFile(path, { interval: FILE_POLL_MS, persistent: false }, look);
  return {
    look,
    forget: () => unwatchFile(path, look),
    announce: () => {
      isAnnounced = true;
      tell();
    },
  };
}

/** A file that is just being written is looked at again when it changes. */
function readQuietly(store: IdentityStore, sessionId: string): Identity | undefined {
  try {
    return store.read(sessionId);
  } catch {
    return undefined;
  }
}
