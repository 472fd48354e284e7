import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Need } from "../../scripts/debian.ts";
import { ChromiumSender } from "./chromium/sender.ts";
import { LineProcess } from "./line-process.ts";
import type { PeerKind, SendingPeer } from "./peer.ts";
import { buildPion, PION_NEEDS } from "./pion/build.ts";
import { writePattern } from "./python/pattern.ts";
import { type Stream, streamArgs } from "./stream.ts";

export const CHROMIUM: Need = { package: "chromium", file: "/usr/bin/chromium" };
const AIORTC: Need[] = [
  { package: "python3-aiortc", file: "/usr/lib/python3/dist-packages/aiortc" },
  { package: "python3-numpy", file: "/usr/lib/python3/dist-packages/numpy" },
];
const girOf = (name: string) => `/usr/lib/*/girepository-1.0/${name}.typelib`;
const GSTREAMER: Need[] = [
  { package: "python3-gi", file: "/usr/lib/python3/dist-packages/gi" },
  { package: "python3-numpy", file: "/usr/lib/python3/dist-packages/numpy" },
  { package: "gir1.2-gst-plugins-bad-1.0", file: girOf("GstWebRTC-1.0") },
  { package: "gir1.2-gst-plugins-base-1.0", file: girOf("GstSdp-1.0") },
  { package: "gstreamer1.0-plugins-base", file: "/usr/share/doc/gstreamer1.0-plugins-base" },
  { package: "gstreamer1.0-plugins-good", file: "/usr/share/doc/gstreamer1.0-plugins-good" },
  { package: "gstreamer1.0-plugins-bad", file: "/usr/share/doc/gstreamer1.0-plugins-bad" },
  { package: "gstreamer1.0-plugins-ugly", file: "/usr/share/doc/gstreamer1.0-plugins-ugly" },
  { package: "gstreamer1.0-nice", file: "/usr/share/doc/gstreamer1.0-nice" },
];

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Every sender that Sightline is measured against, the same pattern in each. */
export const PEERS: PeerKind[] = [
  {
    name: "werift",
    setup:
      "Sightline's camera, encoder and five repairs of werift, which sends by itself, with keys parsed once; DTLS client, as it is by itself; playout delay 0/0",
    zeroPlayout: true,
    needs: [],
    open: answering(openNodeSender("werift-keyobject")),
  },
  {
    name: "pion",
    setup: "Sightline's encoder in front",
    zeroPlayout: false,
    needs: PION_NEEDS,
    open: answering(openPionSender(false)),
  },
  {
    name: "pion-playout",
    setup: "the same with playout delay 0/0",
    zeroPlayout: true,
    needs: PION_NEEDS,
    open: answering(openPionSender(true)),
  },
  {
    name: "aiortc",
    setup: "as it is: it opens its encoder for the first picture of each viewer",
    zeroPlayout: false,
    needs: AIORTC,
    open: openPython("aiortc_sender.py"),
  },
  {
    name: "aiortc-ultrafast",
    setup:
      "its x264 patched to ultrafast, the same bitrate, keyframes when asked; opened for the first picture of each viewer",
    zeroPlayout: false,
    needs: AIORTC,
    open: openPython("aiortc_sender.py", "--ultrafast"),
  },
  {
    name: "gstreamer",
    setup: "x264enc ultrafast zerolatency, which runs before the offer; payloader and connection are made with it",
    zeroPlayout: false,
    needs: GSTREAMER,
    open: openPython("gstreamer_sender.py"),
  },
  {
    name: "chromium",
    setup: "as it is: it opens its encoder for each viewer",
    zeroPlayout: false,
    needs: [CHROMIUM],
    open: openChromium(false),
  },
  {
    name: "chromium-playout",
    setup: "the same with field trial WebRTC-ForceSendPlayoutDelay 0/0",
    zeroPlayout: true,
    needs: [CHROMIUM],
    open: openChromium(true),
  },
];

/** Beside it where a handshake is timed: once connected, its role changes nothing. */
export const WERIFT_SERVER: PeerKind = {
  name: "werift-server",
  setup: "the same told to be the DTLS server, with a sixth repair",
  zeroPlayout: true,
  needs: [],
  open: answering(openNodeSender("werift-server")),
};

/** Sightline's own connection behind the peers' signaling: not for glass, where the whole of it is measured. */
export const ENGINE: PeerKind = {
  name: "sightline",
  setup: "its connection alone, behind the same signaling",
  zeroPlayout: true,
  needs: [],
  open: answering(openNodeSender("sightline")),
};

export function openNodeSender(path: string) {
  return (stream: Stream) =>
    new LineProcess(process.execPath, [at("./node-sender.ts"), "--path", path, ...streamArgs(stream)]);
}

export function openPionSender(zeroPlayout: boolean) {
  return (stream: Stream) => {
    const encoder = [process.execPath, at("./encoder.ts"), ...streamArgs(stream)];
    return new LineProcess(buildPion(), [...(zeroPlayout ? ["--zero-playout"] : []), "--", ...encoder]);
  };
}

function openPython(script: string, ...flags: string[]) {
  return async (stream: Stream): Promise<SendingPeer> => {
    await using opening = new AsyncDisposableStack();
    const dir = writePattern(stream);
    opening.defer(() => rmSync(dir, { recursive: true, force: true }));
    const args = [at(`./python/${script}`), ...streamArgs(stream), "--pattern", dir, ...flags];
    const process = opening.use(new LineProcess("/usr/bin/python3", args));
    const peer = await ready(process, opening);
    return { ...peer, viewerLeft: () => process.tell({ type: "left" }) };
  };
}

function openChromium(zeroPlayout: boolean) {
  return (stream: Stream): Promise<SendingPeer> => ChromiumSender.open(stream, zeroPlayout);
}

function answering(start: (stream: Stream) => LineProcess) {
  return async (stream: Stream): Promise<SendingPeer> => {
    await using opening = new AsyncDisposableStack();
    return await ready(opening.use(start(stream)), opening);
  };
}

/** @param opening what goes with the peer; it stays where it was when the peer does not get ready, and so goes at once */
async function ready(process: LineProcess, opening: AsyncDisposableStack): Promise<SendingPeer> {
  await process.hears("ready");
  const opened = opening.move();
  let viewers = 0;
  return {
    answer: (sdp) => process.answer(sdp, viewers++),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
