import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import type { Page } from "playwright-core";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import type { SendConfig } from "../../src/sender/config.ts";
import type { Connection } from "../../src/sender/delivery/connection.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { LiveCamera } from "../../src/sender/live-camera.ts";
import type { Browser } from "./browser.ts";
import { inboundVideo, OFFER } from "./browser-viewer.ts";
import { watchStamps } from "./stamps.ts";

const FORMAT = { width: 1280, height: 720, fps: 30 };

/** The test pattern, broadcast by this process. */
export class Show implements AsyncDisposable {
  readonly camera: LiveCamera;
  readonly #guests: Guest[] = [];

  constructor(bitrateBps: number) {
    Log.setLevel(AV_LOG_QUIET);
    const config = { bitrateBps } as SendConfig;
    const output = { emit() {}, note() {}, qr() {} };
    this.camera = new LiveCamera(patternCamera(FORMAT), { format: FORMAT, config, output, encoder: X264 });
    this.camera.setWatched(true);
  }

  async admit(browser: Browser): Promise<Guest> {
    const guest = await Guest.open(browser, this.camera);
    this.#guests.push(guest);
    return guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#guests.map((guest) => guest[Symbol.asyncDispose]()));
    await this.camera[Symbol.asyncDispose]();
  }
}

/** One page of Chromium that watches a show. */
export class Guest implements AsyncDisposable {
  readonly page: Page;
  readonly connection: Connection;
  /** Media, and RTX. */
  ssrcs: number[] = [];
  readonly #camera: LiveCamera;

  private constructor(page: Page, camera: LiveCamera) {
    this.page = page;
    this.#camera = camera;
    this.connection = camera.broadcast.open(
      { iceServers: [], relayOnly: false, loopback: true },
      { onCandidate() {}, onState() {}, onFirstPicture() {} },
    );
  }

  static async open(browser: Browser, camera: LiveCamera): Promise<Guest> {
    const page = await browser.page();
    await watchStamps(page);
    await page.goto("data:text/html,<video autoplay muted playsinline></video>");
    const guest = new Guest(page, camera);
    const sdp = await guest.connection.answer(String(await page.evaluate(OFFER)), 20);
    guest.ssrcs = [...(/ssrc-group:FID (\d+) (\d+)/.exec(sdp) ?? [])].slice(1).map(Number);
    await page.evaluate(`sightlineConnection.setRemoteDescription({ type: "answer", sdp: ${JSON.stringify(sdp)} })`);
    return guest;
  }

  /** The rung that its pictures come from. */
  get rung() {
    return this.#camera.broadcast.rungs.find(({ id }) => id === this.connection.report.rung);
  }

  stats() {
    return inboundVideo(this.page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.close();
    await this.page.close();
  }
}
