import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { randomToken } from "../../src/protocol/bytes.ts";
import { Sightline } from "../../test/support/processes.ts";
import { ChromiumSender } from "../peers/chromium/sender.ts";
import type { Stream } from "../peers/stream.ts";
import { look, VIEWER_HTML } from "../peers/viewer-page.ts";
import { firstLine } from "../within.ts";
import { chromiumAt } from "./chromium-at.ts";
import { type Network, ROUTER_ADDRESS } from "./network.ts";
import { firstShown } from "./observe.ts";
import type { Scenario } from "./scenarios.ts";

const EDGE_PORT = "8787";
const SECURE_PAGE = "https://viewer.bench/";

/** What is compared: it lets one flow after another begin, each with a camera and a rate of its own. */
export interface AdaptingSender extends AsyncDisposable {
  /** Resolves when the page, which is observed, shows the first picture. */
  join(page: Page, flow: number): Promise<void>;
}

/** `sightline send` once for each flow, as a user runs it, with an edge at the router. */
export async function openSightline(network: Network, scenario: Scenario, stream: Stream): Promise<AdaptingSender> {
  await using opening = new AsyncDisposableStack();
  const stateDir = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  opening.defer(() => rm(stateDir, { recursive: true, force: true }));
  const state = ["--state", stateDir];
  const key = randomToken(32);
  const serving = ["serve", "--host", ROUTER_ADDRESS, "--port", EDGE_PORT, ...state];
  const serve = opening.use(new Sightline(serving, { PUBLISH_KEY: key }, network.at("router")));
  const edge = await serve.edge();
  const camera = opening.use(await Camera.open(network, scenario, stream));
  const links: string[] = [];
  for (const flow of scenario.flowsAtMs.keys()) {
    const args = ["send", "--edge", edge, "--session", `adapt-${flow}`, ...state, "--camera", camera.url];
    const bitrate = ["--bitrate", String(stream.bitrateBps)];
    const environment = { SIGHTLINE_PUBLISH_KEY: key };
    const sender = opening.use(new Sightline([...args, ...bitrate], environment, network.at("sender")));
    links.push(await sender.link());
  }
  const opened = opening.move();
  return {
    join: async (page, flow) => {
      await page.goto(links[flow] ?? "");
      await firstShown(page);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A Chromium for each flow, as it is or with a playout delay of zero as Sightline asks for. */
export async function openChromium(
  network: Network,
  scenario: Scenario,
  stream: Stream,
  zeroPlayout: boolean,
): Promise<AdaptingSender> {
  await using opening = new AsyncDisposableStack();
  const busy = { busy: true, plainUntilMs: scenario.plainUntilMs ?? 0 };
  const executable = opening.use(await chromiumAt(network.at("sender")));
  const senders: ChromiumSender[] = [];
  for (const _ of scenario.flowsAtMs) {
    const options = { executable: executable.path };
    senders.push(opening.use(await ChromiumSender.open({ ...stream, ...busy }, zeroPlayout, options)));
  }
  const opened = opening.move();
  return {
    join: async (page, flow) => {
      await page.route(`${SECURE_PAGE}**`, async (route) => {
        const offer = route.request().postData();
        const html = { contentType: "text/html", body: VIEWER_HTML };
        const reply = offer === null ? html : await answerOf(senders[flow], offer);
        // The page may have gone meanwhile; nobody else waits for this.
        await route.fulfill(reply).catch(() => {});
      });
      await page.goto(SECURE_PAGE);
      await Promise.all([look(page), firstShown(page)]);
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What fails is the page's to tell: it waits for the reply. */
async function answerOf(sender: ChromiumSender | undefined, offer: string): Promise<{ status?: number; body: string }> {
  try {
    if (!sender) throw new Error("no sender for this flow");
    return { body: await sender.answer(offer) };
  } catch (error) {
    return { status: 500, body: String(error) };
  }
}

/** The busy camera, beside the sender. */
class Camera implements Disposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: string) {
    this.#process = process;
    this.url = `http://127.0.0.1:${port}/camera.y4m`;
  }

  static async open(network: Network, scenario: Scenario, { width, height, fps }: Stream): Promise<Camera> {
    const script = fileURLToPath(new URL("./camera.ts", import.meta.url));
    const numbers = [width, height, fps, scenario.plainUntilMs ?? 0].map(String);
    const [command = "", ...args] = [...network.at("sender"), process.execPath, script, ...numbers];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    return new Camera(child, await firstLine(child, createInterface(child.stdout)));
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
