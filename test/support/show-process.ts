/** A process that broadcasts the test pattern to whoever offers, and tells what it holds. Run with --expose-gc. */
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import type { SendConfig } from "../../src/sender/config.ts";
import type { Connection } from "../../src/sender/delivery/connection.ts";
import { LiveCamera } from "../../src/sender/live-camera.ts";

export type ToShow = { type: "offer"; sdp: string } | { type: "drop" } | { type: "hold" };
export type FromShow = { type: "answer"; sdp: string } | { type: "dropped" } | { type: "held"; held: Held };

export interface Held {
  heapBytes: number;
  /** Outside the heap: packets, slabs. */
  bufferBytes: number;
  connections: number;
  /** Sockets, timers and the like, counted by kind. */
  resources: Record<string, number>;
}

const FORMAT = { width: 320, height: 180, fps: 30 };
const SETTLE_MS = 300;

Log.setLevel(AV_LOG_QUIET);
const output = { emit() {}, note() {}, qr() {} };
const camera = new LiveCamera(patternCamera(FORMAT), FORMAT, { bitrateBps: 500_000 } as SendConfig, output);
camera.setWatched(true);
const connections = new Set<Connection>();
const say = (message: FromShow) => process.send?.(message);

process.on("disconnect", () => process.exit());
process.on("message", async (message: ToShow) => {
  if (message.type === "offer") return say({ type: "answer", sdp: await answer(message.sdp) });
  if (message.type === "drop") {
    await Promise.all([...connections].map((connection) => connection.close()));
    return say({ type: "dropped" });
  }
  setTimeout(() => say({ type: "held", held: held() }), SETTLE_MS);
});

function answer(sdp: string): Promise<string> {
  const connection = camera.broadcast.open(
    { iceServers: [], relayOnly: false, loopback: true },
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
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { heapBytes: heapUsed, bufferBytes: arrayBuffers, connections: connections.size, resources };
}
