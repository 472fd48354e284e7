/** A process that broadcasts the test pattern to whoever offers, and tells what it holds. Run with --expose-gc. */
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import type { IceServer } from "../../src/protocol/ice.ts";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import type { SendConfig } from "../../src/sender/config.ts";
import type { Connection } from "../../src/sender/delivery/connection.ts";
import { X264 } from "../../src/sender/encode/recipe.ts";
import { LiveCamera } from "../../src/sender/live-camera.ts";
import { Standby } from "../../src/sender/peer/standby.ts";
import { allocatedBytes } from "./allocated.ts";

export type ToShow = { type: "offer"; sdp: string; iceServers?: IceServer[] } | { type: "drop" } | { type: "hold" };
export type FromShow = { type: "answer"; sdp: string } | { type: "dropped" } | { type: "held"; held: Held };

export interface Held {
  heapBytes: number;
  /** The pages of V8's heap, which it keeps for a while when little of them is in use. */
  heapPagesBytes: number;
  /** Outside the heap: packets, slabs. */
  bufferBytes: number;
  /** What libraries hold, outside the heap too. */
  allocatedBytes: number;
  /** All that the system gave the process: the libraries' memory too, and what the allocator keeps. */
  residentBytes: number;
  connections: number;
  /** Sockets, timers and the like, counted by kind. */
  resources: Record<string, number>;
}

const FORMAT = { width: 320, height: 180, fps: 30 };
const SETTLE_MS = 300;

Log.setLevel(AV_LOG_QUIET);
const output = { emit() {}, note() {}, qr() {} };
const config = { bitrateBps: 500_000 } as SendConfig;
const camera = new LiveCamera(patternCamera(FORMAT), { format: FORMAT, config, output, encoder: X264 });
const connections = new Set<Connection>();
const say = (message: FromShow) => process.send?.(message);

process.on("disconnect", () => process.exit());
process.on("message", async (message: ToShow) => {
  if (message.type === "offer") return say({ type: "answer", sdp: await answer(message.sdp, message.iceServers) });
  if (message.type === "drop") {
    await Promise.all([...connections].map((connection) => connection.close()));
    // The next one starts the camera again, with the encoder that stays.
    camera.setWatched(false);
    return say({ type: "dropped" });
  }
  setTimeout(() => say({ type: "held", held: held() }), SETTLE_MS);
});

let offers = 0;

/** Every other viewer by a connection that was ready before. */
async function answer(sdp: string, iceServers: IceServer[] = []): Promise<string> {
  camera.setWatched(true);
  const standby = offers++ % 2 === 0 ? await Standby.open(true) : undefined;
  const connection = camera.broadcast.open(
    { iceServers, relayOnly: false, loopback: true, standby },
    {
      onCandidate() {},
      onState: (state) => {
        if (state === "closed") connections.delete(connection);
      },
      onFirstPicture() {},
    },
  );
  connections.add(connection);
  return connection.answer(sdp, 20);
}

function held(): Held {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const { heapUsed, heapTotal, arrayBuffers, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const memory = {
    heapBytes: heapUsed,
    heapPagesBytes: heapTotal,
    bufferBytes: arrayBuffers,
    allocatedBytes: allocatedBytes(),
    residentBytes: rss,
  };
  return { ...memory, connections: connections.size, resources };
}
