// Runs in Chromium, bundled with the project's own pattern: its pictures go out through the browser's own encoder.
import { drawBackground, drawMoving } from "../../../src/sender/capture/pattern-picture.ts";
import { drawNoise, makeNoise } from "../../adapt/busy.ts";

const GATHER_MS = 20;

// An answer waits so long for candidates, as every peer's does; with none at all it would be of no use.
async function gathered(pc) {
  const untilMs = performance.now() + GATHER_MS;
  const enough = () => performance.now() >= untilMs && /^a=candidate:/m.test(pc.localDescription.sdp);
  while (pc.iceGatheringState !== "complete" && !enough()) await new Promise((done) => setTimeout(done, 2));
}

globalThis.openSender = ({ width, height, fps, bitrateBps, keepSize, busy, plainUntilMs = 0 }) => {
  const size = width * height;
  const bytes = new Uint8Array((size * 3) / 2);
  const planes = [bytes.subarray(0, size), bytes.subarray(size, size * 1.25), bytes.subarray(size * 1.25)];
  const picture = { width, height, planes, strides: [width, width / 2, width / 2] };
  drawBackground(picture);
  const background = Uint8Array.from(bytes);
  const track = new MediaStreamTrackGenerator({ kind: "video" });
  const writer = track.writable.getWriter();
  const noise = busy && makeNoise();
  let busyFromMs = Number.POSITIVE_INFINITY;
  let counter = 0;
  let dueAtMs = performance.now();
  const tick = () => {
    bytes.set(background);
    if (noise && performance.now() >= busyFromMs) drawNoise(picture, noise, counter);
    drawMoving(picture, { drawnAtMs: Date.now(), counter: counter++ }, fps);
    const timestamp = Math.round(performance.now() * 1000);
    writer.write(new VideoFrame(bytes, { format: "I420", codedWidth: width, codedHeight: height, timestamp }));
    const nowMs = performance.now();
    dueAtMs = Math.max(dueAtMs + 1000 / fps, nowMs - 1000 / fps);
    setTimeout(tick, dueAtMs - nowMs);
  };
  tick();

  globalThis.answer = async (sdp) => {
    busyFromMs = Math.min(busyFromMs, performance.now() + plainUntilMs);
    const pc = new RTCPeerConnection();
    await pc.setRemoteDescription({ type: "offer", sdp });
    const sender = pc.addTrack(track);
    await pc.setLocalDescription(await pc.createAnswer());
    // A viewer who left would be encoded for until ICE gives up.
    sender.transport.onstatechange = () => {
      if (sender.transport.state === "closed") pc.close();
    };
    const parameters = sender.getParameters();
    parameters.encodings[0].maxBitrate = bitrateBps;
    if (keepSize) parameters.degradationPreference = "maintain-resolution";
    await sender.setParameters(parameters);
    await gathered(pc);
    return pc.localDescription.sdp;
  };
};
