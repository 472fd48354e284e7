/** A sender process on the project's own connection, or with `--path werift...` on the same with werift's own sending. */
// First: it keeps what the others alter.
import "./plain-keys.ts";
import { createInterface } from "node:readline";
import { Broadcast } from "../../src/sender/delivery/broadcast.ts";
import { collectSeldom } from "../../src/sender/garbage.ts";
import { packetize } from "../../src/sender/peer/packetizer.ts";
import type { PeerOptions } from "../../src/sender/peer/peer.ts";
import { warmUp } from "../../src/sender/peer/warm-up.ts";
import type { OfferMessage, SenderMessage } from "./messages.ts";
import { takeKeysAsTheyCome } from "./plain-keys.ts";
import { openPattern, streamOf } from "./stream.ts";
import { WeriftPeer } from "./werift-peer.ts";

const GATHER_MS = 20;
const HERE = { iceServers: [], relayOnly: false, loopback: true };

// As in `sightline send`.
collectSeldom();

const path = process.argv[process.argv.indexOf("--path") + 1];
if (path === "werift") takeKeysAsTheyCome();
const wanted = streamOf(process.argv);
const peers = new Set<WeriftPeer>();
const say = (message: SenderMessage) => process.stdout.write(`${JSON.stringify(message)}\n`);

const stream = openPattern(wanted, ({ nals, keyframe, encodedAtMs }, rung) => {
  const payloads = packetize(nals);
  const bytes = payloads.reduce((sum, { length }) => sum + length, 0);
  // The time of encoding, so that a packet's RTP time tells how long it was on its way from there.
  broadcast?.send({ rung, payloads, bytes, keyframe, capturedAtMs: encodedAtMs });
  for (const peer of peers) peer.send(payloads, keyframe, encodedAtMs);
});
const broadcast = path === "sightline" ? new Broadcast({ ...wanted, maxBps: wanted.bitrateBps }, stream) : undefined;
await warmUp();
say({ type: "ready", rtpEpochMs: Number(process.hrtime.bigint()) / 1e6 - performance.now() });

createInterface(process.stdin)
  .on("line", async (line) => {
    const { viewer, sdp } = JSON.parse(line) as OfferMessage;
    const connection = broadcast ? openSightline(viewer, broadcast) : openWerift(viewer);
    say({ type: "answer", viewer, sdp: await connection.answer(sdp, GATHER_MS) });
  })
  .on("close", () => process.exit());

function openSightline(viewer: number, broadcast: Broadcast) {
  return broadcast.open(HERE, {
    onCandidate() {},
    onState: (state) => {
      if (state === "connected") say({ type: "connected", viewer });
    },
    onFirstPicture() {},
  });
}

function openWerift(viewer: number): WeriftPeer {
  const options: PeerOptions = {
    ...HERE,
    onCandidate() {},
    onState: (state) => {
      if (state === "closed") peers.delete(peer);
      if (state !== "connected") return;
      stream.requestKeyframe(0, "unseen");
      say({ type: "connected", viewer });
    },
    onKeyframeRequest: () => stream.requestKeyframe(0, "repair"),
  };
  const peer = new WeriftPeer(options, { keyObjects: path !== "werift", dtlsServer: path === "werift-server" });
  peers.add(peer);
  return peer;
}
