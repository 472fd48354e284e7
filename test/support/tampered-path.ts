import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sightline } from "./processes.ts";
import { SMALL_PICTURE } from "./small-picture.ts";
import { type Message, type Tamper, TamperingEdge } from "./tampering-edge.ts";

export interface TamperedPath extends AsyncDisposable {
  tampered: TamperingEdge;
  sender: Sightline;
  link: string;
}

/** A sender that speaks through an edge which somebody has tampered with, and which so far changes nothing. */
export async function openTamperedPath(): Promise<TamperedPath> {
  const stack = new AsyncDisposableStack();
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-state-"));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const edge = stack.use(new Sightline(["serve", "--port", "0", "--state", stateDir]));
  const tampered = stack.use(await TamperingEdge.open(await edge.edge()));
  const sender = stack.use(new Sightline(["send", "--edge", tampered.url, "--state", stateDir, ...SMALL_PICTURE]));
  return { tampered, sender, link: await sender.link(), [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Changes messages of one type on their way to either end. */
export const only =
  (type: string, change: (message: Message) => Message[]): Tamper =>
  (message, towards) =>
    message.type === type && towards !== "edge" ? change(message) : [message];
