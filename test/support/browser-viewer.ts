import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import type { Page } from "playwright-core";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { packetize } from "../../src/sender/peer/packetizer.ts";
import { Peer, type PeerOptions } from "../../src/sender/peer/peer.ts";
import { CameraStream } from "../../src/sender/stream.ts";
import type { Browser } from "./browser.ts";
import { watchStamps } from "./stamps.ts";

declare global {
  var sightlineConnection: RTCPeerConnection | undefined;
}

/** The browser's own type is unknown to Node's. */
interface RTCPeerConnection {
  getStats(): Promise<Map<string, { type: string; kind?: string }>>;
}

/** Chromium's account of the video that it receives. */
export interface InboundVideo {
  packetsReceived: number;
  packetsLost: number;
  retransmittedPacketsReceived: number;
  bytesReceived: number;
  frameWidth: number;
  framesDecoded: number;
  keyFramesDecoded: number;
  freezeCount: number;
  nackCount: number;
  pliCount: number;
  /** Seconds, all frames together. */
  jitterBufferDelay: number;
  jitterBufferEmittedCount: number;
}

/** Makes an offer in the page, with all its candidates, for its video element. */
export const OFFER = `(async () => {
  const pc = new RTCPeerConnection();
  globalThis.sightlineConnection = pc;
  pc.addTransceiver("video", { direction: "recvonly" });
  pc.ontrack = ({ track }) => {
    document.querySelector("video").srcObject = new MediaStream([track]);
  };
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise((done) => {
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done();
    if (pc.iceGatheringState === "complete") done();
  });
  return pc.localDescription.sdp;
})()`;

/** One `Peer` of this process, the test pattern in it, and a page of Chromium that shows it. */
export class BrowserViewer implements AsyncDisposable {
  readonly page: Page;
  readonly peer: Peer;
  readonly #stream: CameraStream;

  private constructor(page: Page, options: Partial<PeerOptions>) {
    this.page = page;
    this.#stream = new CameraStream(patternCamera({ width: 1280, height: 720, fps: 30 }), {
      encoder: X264,
      onUnit: ({ nals, keyframe, capturedAtMs }) => this.peer.send(packetize(nals), keyframe, capturedAtMs),
      onFailure: (error) => {
        throw error;
      },
    });
    this.#stream.setRungs([{ id: 0, width: 1280, height: 720, fps: 30, bitrateBps: 2_000_000 }]);
    this.peer = new Peer({
      iceServers: [],
      loopback: true,
      relayOnly: false,
      onCandidate() {},
      onState: (state) => {
        if (state === "connected") this.#stream.start();
      },
      onKeyframeRequest: () => this.#stream.requestKeyframe(0, "repair"),
      ...options,
    });
  }

  static async open(browser: Browser, options: Partial<PeerOptions> = {}): Promise<BrowserViewer> {
    Log.setLevel(AV_LOG_QUIET);
    const page = await browser.page();
    await watchStamps(page);
    await page.goto("data:text/html,<video autoplay muted playsinline></video>");
    const viewer = new BrowserViewer(page, options);
    const sdp = await viewer.peer.answer(String(await page.evaluate(OFFER)), 20);
    await page.evaluate(`sightlineConnection.setRemoteDescription({ type: "answer", sdp: ${JSON.stringify(sdp)} })`);
    return viewer;
  }

  async stats(): Promise<InboundVideo> {
    return inboundVideo(this.page);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stream.stop();
    await this.peer.close();
    await this.page.close();
  }
}

export async function inboundVideo(page: Page): Promise<InboundVideo> {
  const stats = await page.evaluate(async () => {
    const reports = await globalThis.sightlineConnection?.getStats();
    return [...(reports?.values() ?? [])].find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  });
  if (!stats) throw new Error("Chromium receives no video");
  return stats as unknown as InboundVideo;
}
