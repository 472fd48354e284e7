import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Sightline } from "../../test/support/processes.ts";
import { TamperingEdge } from "../../test/support/tampering-edge.ts";
import { takeLongerPath } from "../relay/longer-path.ts";
import type { Tab } from "./plain-browser.ts";

/** A sender, its edge, and the way from there to a page. */
export interface Path extends AsyncDisposable {
  link: string;
  sender: Sightline;
  /** Before the page is opened; what it returns stays as long as the page. */
  prepare(tab: Tab): Promise<Disposable | undefined>;
}

/** @param rttMs 0 for the plain way, with nothing of the bench's in between */
export async function openPath(rttMs: number): Promise<Path> {
  await using stack = new AsyncDisposableStack();
  if (rttMs === 0) {
    const sender = stack.use(new Sightline(["send", "--port", "0"]));
    const prepare = async () => undefined;
    return pathOf(sender, await sender.link(), prepare, stack.move());
  }
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  stack.defer(() => rm(stateDir, { recursive: true, force: true }));
  const serve = stack.use(new Sightline(["serve", "--port", "0", "--state", stateDir]));
  const edge = stack.use(await TamperingEdge.open(await serve.edge()));
  const sender = stack.use(new Sightline(["send", "--edge", edge.url, "--state", stateDir]));
  const prepare = (tab: Tab) => takeLongerPath(tab, edge, rttMs);
  return pathOf(sender, await sender.link(), prepare, stack.move());
}

function pathOf(sender: Sightline, link: string, prepare: Path["prepare"], opened: AsyncDisposableStack): Path {
  return { link, sender, prepare, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
