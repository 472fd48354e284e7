import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { DISABLED_FEATURES, FLAGS } from "../../test/support/browser.ts";
import { type DevTools, devToolsOver } from "./devtools.ts";

/** How much of what it complains of is kept for the error that tells of its end. */
const STDERR_LINES = 20;
const CLOSED_AFTER_MS = 3_000;

/**
 * Debian's Chromium as somebody has it who clicks on a link: what drives pages for tests listens to each of their requests
 * and documents, sets switches and emulates a screen, all of which takes from what is measured.
 */
export class PlainBrowser implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #devTools: DevTools;
  readonly #profile: string;

  private constructor(child: ChildProcess, devTools: DevTools, profile: string) {
    this.#process = child;
    this.#devTools = devTools;
    this.#profile = profile;
  }

  static async open(): Promise<PlainBrowser> {
    await using opening = new AsyncDisposableStack();
    const profile = await mkdtemp(join(tmpdir(), "sightline-chromium-"));
    opening.defer(() => remove(profile));
    const child = spawn(
      "/usr/bin/chromium",
      [
        "--headless",
        "--remote-debugging-pipe",
        `--user-data-dir=${profile}`,
        "--window-size=1280,800",
        ...FLAGS,
        `--disable-features=${DISABLED_FEATURES.join(",")}`,
        "about:blank",
      ],
      { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] },
    );
    opening.defer(() => end(child));
    // Whoever asks it something hears of its end.
    child.on("error", () => {});
    const [, , stderr, toBrowser, fromBrowser] = child.stdio;
    const complaints: string[] = [];
    createInterface(stderr as Readable).on("line", (line) => {
      if (complaints.push(line) > STDERR_LINES) complaints.shift();
    });
    const devTools = devToolsOver(toBrowser as Writable, fromBrowser as Readable, () => complaints.join("\n"));
    await devTools.send("Browser.getVersion");
    opening.move();
    return new PlainBrowser(child, devTools, profile);
  }

  /** An empty one. */
  async tab(): Promise<Tab> {
    const { targetId } = await this.#devTools.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const attach = { targetId, flatten: true };
    const { sessionId } = await this.#devTools.send<{ sessionId: string }>("Target.attachToTarget", attach);
    return new Tab(this.#devTools, targetId, sessionId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#process, () => this.#devTools.send("Browser.close"));
    await remove(this.#profile);
  }
}

/** Listens to nothing of its page, but where it was prepared. */
export class Tab {
  readonly #devTools: DevTools;
  readonly #targetId: string;
  readonly #sessionId: string;

  constructor(devTools: DevTools, targetId: string, sessionId: string) {
    this.#devTools = devTools;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
  }

  /** What runs in each page to come, ahead of its own scripts. For that the browser tells of its pages. */
  async prepare(script: string): Promise<void> {
    await this.#send("Page.enable");
    await this.#send("Page.addScriptToEvaluateOnNewDocument", { source: script });
  }

  /** As by a click: what comes of it is the page's own to tell. */
  async go(url: string): Promise<void> {
    const { errorText } = await this.#send<{ errorText?: string }>("Page.navigate", { url });
    if (errorText) throw new Error(`${url} does not open: ${errorText}`);
  }

  /** @param expression may be a promise's; of what can be told in JSON */
  async ask<T>(expression: string): Promise<T> {
    const asked = await this.#send<{ result: { value: T }; exceptionDetails?: Thrown }>("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    const { exceptionDetails: thrown } = asked;
    if (thrown) throw new Error(`The page could not tell: ${thrown.exception?.description ?? thrown.text}`);
    return asked.result.value;
  }

  async close(): Promise<void> {
    await this.#devTools.send("Target.closeTarget", { targetId: this.#targetId });
  }

  #send<T>(method: string, params: object = {}): Promise<T> {
    return this.#devTools.send<T>(method, params, this.#sessionId);
  }
}

interface Thrown {
  text: string;
  exception?: { description?: string };
}

/** @param ask for what listens; it is killed after three seconds, or at once without */
async function end(child: ChildProcess, ask?: () => Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  const timer = setTimeout(() => child.kill("SIGKILL"), ask ? CLOSED_AFTER_MS : 0);
  ask?.().catch(() => {});
  await exited;
  clearTimeout(timer);
}

/** Its other processes end a moment later. */
async function remove(profile: string): Promise<void> {
  await rm(profile, { recursive: true, force: true, maxRetries: 10 });
}
