import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { RTCPeerConnection, RTCRtpCodecParameters } from "werift";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";
import type { FromShow, Held, ToShow } from "../support/show-process.ts";
import { until } from "./support/viewer.ts";

const TOGETHER = 4;
const WARM_ROUNDS = 4;
const ROUNDS = 10;
/** A leaked connection holds several hundred kilobytes: this is one in ten of the viewers. */
const GROWTH_MAX_BYTES = 1_500_000;

/** The process that sends, so that nothing of the viewers is counted. */
class Show implements Disposable {
  readonly #process: ChildProcess;

  constructor() {
    const file = fileURLToPath(new URL("../support/show-process.ts", import.meta.url));
    this.#process = fork(file, { execArgv: ["--expose-gc"] });
  }

  async ask<T extends FromShow["type"]>(message: ToShow): Promise<Extract<FromShow, { type: T }>> {
    this.#process.send(message);
    const [answer] = await once(this.#process, "message", { signal: AbortSignal.timeout(20_000) });
    return answer;
  }

  async held(): Promise<Held> {
    return (await this.ask<"held">({ type: "hold" })).held;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}

class Guest {
  readonly pc = new RTCPeerConnection({
    bundlePolicy: "max-bundle",
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ["127.0.0.1"],
    codecs: {
      video: [
        new RTCRtpCodecParameters({
          mimeType: "video/H264",
          clockRate: 90_000,
          rtcpFeedback: [{ type: "nack" }],
          parameters: "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1",
        }),
      ],
      audio: [],
    },
  });
  packets = 0;

  async offer(): Promise<string> {
    this.pc.addTransceiver("video", { direction: "recvonly" });
    forgetDefaultStun(this.pc);
    this.pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(() => void this.packets++));
    await this.pc.setLocalDescription(await this.pc.createOffer());
    return this.pc.localDescription?.sdp ?? "";
  }
}

/** Some viewers come, see pictures, and go: half by themselves, half dropped. */
async function round(show: Show, index: number): Promise<void> {
  const guests: Guest[] = [];
  for (let i = 0; i < TOGETHER; i++) {
    const guest = new Guest();
    const { sdp } = await show.ask<"answer">({ type: "offer", sdp: await guest.offer() });
    await guest.pc.setRemoteDescription({ type: "answer", sdp });
    guests.push(guest);
  }
  await until(() => guests.every(({ packets }) => packets > 5), "pictures");
  if (index % 2 === 0) await Promise.all(guests.map(({ pc }) => pc.close()));
  await show.ask<"dropped">({ type: "drop" });
  await Promise.all(guests.map(({ pc }) => pc.close()));
}

it("viewers that come and go leave nothing behind: no memory, socket or timer", async () => {
  using show = new Show();
  for (let i = 0; i < WARM_ROUNDS; i++) await round(show, i);
  const before = await show.held();
  for (let i = 0; i < ROUNDS; i++) await round(show, i);
  const after = await show.held();
  expect(after.connections).toBe(0);
  expect(after.resources.UDPWRAP ?? 0).toBe(before.resources.UDPWRAP ?? 0);
  expect(after.resources.Timeout ?? 0).toBeLessThanOrEqual((before.resources.Timeout ?? 0) + 2);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(GROWTH_MAX_BYTES);
  expect(after.bufferBytes - before.bufferBytes).toBeLessThan(GROWTH_MAX_BYTES);
}, 120_000);
