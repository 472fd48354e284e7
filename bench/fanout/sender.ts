/** The process whose CPU is measured: camera, encoder, and a connection to each viewer. `argv[2]` names the path. */
import { Log } from "node-av";
import { AV_LOG_QUIET } from "node-av/constants";
import { patternCamera } from "../../src/sender/capture/pattern.ts";
import { Broadcast } from "../../src/sender/delivery/broadcast.ts";
import { packetize } from "../../src/sender/peer/packetizer.ts";
import type { PeerOptions } from "../../src/sender/peer/peer.ts";
import { CameraStream } from "../../src/sender/stream.ts";
import { WeriftPeer } from "../peers/werift-peer.ts";
import { type FromSender, monotonicMs, type ToSender } from "./messages.ts";

const FPS = 30;
const BITRATE_BPS = 2_500_000;
/** NAL unit type 12, which decoders skip (H.264 section 7.4.2.7). */
const FILLER = 0x0c;

Log.setLevel(AV_LOG_QUIET);
const [, , path = "sightline"] = process.argv;
const peers: WeriftPeer[] = [];
const say = (message: FromSender) => process.send?.(message);

const stream = new CameraStream(patternCamera({ width: 1280, height: 720, fps: FPS }), {
  rungs: [{ id: 0, width: 1280, height: 720, fps: FPS, bitrateBps: BITRATE_BPS }],
  onUnit: ({ nals, keyframe }, rung) => {
    const encodedAtMs = performance.now();
    const payloads = packetize(filled(nals));
    const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
    broadcast.send({ rung, payloads, bytes, keyframe, capturedAtMs: encodedAtMs });
    for (const peer of peers) peer.send(payloads, keyframe, encodedAtMs);
  },
  onFailure: (error) => {
    throw error;
  },
});
const broadcast = new Broadcast({ width: 1280, height: 720, fps: FPS, maxBps: BITRATE_BPS }, stream);
stream.start();
say({ type: "ready", rtpEpochMs: monotonicMs() - performance.now() });

process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());
process.on("message", async (message: ToSender) => {
  if (message.type === "close") process.exit();
  const { viewer, sdp } = message;
  const options: PeerOptions = {
    iceServers: [],
    relayOnly: false,
    loopback: true,
    onCandidate() {},
    onState: (state) => {
      if (state === "connected") say({ type: "connected", viewer });
      stream.requestKeyframe(0);
    },
    onKeyframeRequest: () => stream.requestKeyframe(0),
  };
  if (path === "sightline") {
    const connection = broadcast.open(options, {
      onCandidate() {},
      onState: (state) => {
        if (state === "connected") say({ type: "connected", viewer });
      },
      onFirstPicture() {},
    });
    return say({ type: "answer", viewer, sdp: await connection.answer(sdp, 20) });
  }
  const peer = new WeriftPeer(options, path === "werift-keyobject");
  peers.push(peer);
  say({ type: "answer", viewer, sdp: await peer.answer(sdp, 20) });
});

/** The pattern is so plain that it leaves bits over: filler data makes up for them. */
function filled(nals: Buffer[]): Buffer[] {
  const frameBytes = (broadcast.rungs[0]?.bitrateBps ?? BITRATE_BPS) / 8 / FPS;
  const missing = Math.round(frameBytes - nals.reduce((sum, { length }) => sum + length, 0));
  if (missing <= 2) return nals;
  const filler = Buffer.alloc(missing, 0xff);
  filler[0] = FILLER;
  filler[missing - 1] = 0x80;
  return [...nals, filler];
}
