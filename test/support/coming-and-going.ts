import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { IceServer } from "../../src/protocol/ice.ts";
import { trustDtlsOnlyWithProof } from "../../src/sender/peer/repairs/dtls-trust.ts";
import { receivingConnection } from "./receiving-connection.ts";
import type { FromShow, Held, ToShow } from "./show-process.ts";

const TOGETHER = 4;
const PATIENCE_MS = 20_000;

/** The process that sends, so that nothing of the viewers is counted. */
export class ShowProcess implements Disposable {
  readonly #process: ChildProcess;

  constructor() {
    const file = fileURLToPath(new URL("./show-process.ts", import.meta.url));
    this.#process = fork(file, { execArgv: ["--expose-gc"] });
  }

  async ask<T extends FromShow["type"]>(message: ToShow): Promise<Extract<FromShow, { type: T }>> {
    this.#process.send(message);
    const [answer] = await once(this.#process, "message", { signal: AbortSignal.timeout(PATIENCE_MS) });
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
  readonly pc = receivingConnection({ feedback: [{ type: "nack" }] });
  packets = 0;

  async offer(): Promise<string> {
    this.pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(() => void this.packets++));
    await this.pc.setLocalDescription(await this.pc.createOffer());
    // With werift's own DTLS one viewer in some thousands did not finish, on a machine that was far too busy.
    trustDtlsOnlyWithProof(this.pc);
    return this.pc.localDescription?.sdp ?? "";
  }
}

/** Some viewers come, see pictures, and go: half by themselves, half dropped. */
export async function comeAndGo(show: ShowProcess, index: number): Promise<void> {
  const guests: Guest[] = [];
  for (let i = 0; i < TOGETHER; i++) {
    const guest = new Guest();
    const { sdp } = await show.ask<"answer">({ type: "offer", sdp: await guest.offer() });
    await guest.pc.setRemoteDescription({ type: "answer", sdp });
    guests.push(guest);
  }
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!guests.every(({ packets }) => packets > 5)) {
    if (performance.now() > deadlineMs) {
      const each = guests.map(
        ({ pc, packets }) => `${packets} packets, ${pc.iceConnectionState}, ${pc.connectionState}`,
      );
      throw new Error(`somebody who came sees nothing: ${each.join("; ")}`);
    }
    await sleep(5);
  }
  if (index % 2 === 0) await Promise.all(guests.map(({ pc }) => pc.close()));
  await show.ask<"dropped">({ type: "drop" });
  await Promise.all(guests.map(({ pc }) => pc.close()));
}

/** Some viewers come, and are dropped before they have taken their answers. */
export async function comeInVain(show: ShowProcess, iceServers: IceServer[]): Promise<void> {
  const guests = Array.from({ length: TOGETHER }, () => new Guest());
  for (const guest of guests) await show.ask<"answer">({ type: "offer", sdp: await guest.offer(), iceServers });
  await show.ask<"dropped">({ type: "drop" });
  await Promise.all(guests.map(({ pc }) => pc.close()));
}
