/** A sender process on the project's own connection, or with `--path werift...` on the same with werift's own sending. */
import { createInterface } from "node:readline";
import { packetize } from "../../src/sender/peer/packetizer.ts";
import { Peer, type PeerOptions } from "../../src/sender/peer/peer.ts";
import { warmUp } from "../../src/sender/peer/warm-up.ts";
import type { OfferMessage, SenderMessage } from "./messages.ts";
import { openPattern, streamOf } from "./stream.ts";
import { WeriftPeer } from "./werift-peer.ts";

const GATHER_MS = 20;

const path = process.argv[process.argv.indexOf("--path") + 1];
const peers: (Peer | WeriftPeer)[] = [];
const say = (message: SenderMessage) => process.stdout.write(`${JSON.stringify(message)}\n`);

const stream = openPattern(streamOf(process.argv), ({ nals, keyframe, encodedAtMs }) => {
  const payloads = packetize(nals);
  for (const peer of peers) peer.send(payloads, keyframe, encodedAtMs);
});
await warmUp();
say({ type: "ready", rtpEpochMs: Number(process.hrtime.bigint()) / 1e6 - performance.now() });

createInterface(process.stdin)
  .on("line", async (line) => {
    const { viewer, sdp } = JSON.parse(line) as OfferMessage;
    const options: PeerOptions = {
      iceServers: [],
      relayOnly: false,
      loopback: true,
      onCandidate() {},
      onState: (state) => {
        if (state === "closed") peers.splice(peers.indexOf(peer) >>> 0, 1);
        if (state !== "connected") return;
        stream.requestKeyframe(true);
        say({ type: "connected", viewer });
      },
      onKeyframeRequest: () => stream.requestKeyframe(),
    };
    const peer = path === "sightline" ? new Peer(options) : new WeriftPeer(options, path === "werift-keyobject");
    peers.push(peer);
    say({ type: "answer", viewer, sdp: await peer.answer(sdp, GATHER_MS) });
  })
  .on("close", () => process.exit());
