import type { Page } from "playwright-core";

/** What a page tells of its way to the first picture, milliseconds of its own clock since it began. */
export interface FirstPicture {
  offerSentMs: number;
  answerMs: number;
  connectedMs: number;
  shownMs: number;
}

/** The page that looks at every peer: one plain connection, the offer posted when its candidates are known. */
export const VIEWER_HTML = `<!doctype html>
<style>body { margin: 0; background: #000 } video { position: fixed; width: 100vw; height: 100vh }</style>
<video autoplay muted playsinline></video>
<script>
globalThis.look = async () => {
  const startMs = performance.now();
  const since = () => performance.now() - startMs;
  const video = document.querySelector("video");
  const pc = globalThis.connection = new RTCPeerConnection();
  const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
  const { codecs } = RTCRtpReceiver.getCapabilities("video");
  transceiver.setCodecPreferences(codecs.filter(({ mimeType, sdpFmtpLine = "" }) =>
    mimeType === "video/rtx" ||
    (mimeType === "video/H264" && /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/.test(sdpFmtpLine))));
  pc.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); };
  const times = {};
  const shown = new Promise((done) => video.requestVideoFrameCallback(() => { times.shownMs = since(); done(); }));
  pc.onconnectionstatechange = () => { if (pc.connectionState === "connected") times.connectedMs = since(); };
  await pc.setLocalDescription(await pc.createOffer());
  while (pc.iceGatheringState !== "complete") {
    await new Promise((done) => pc.addEventListener("icegatheringstatechange", done, { once: true }));
  }
  times.offerSentMs = since();
  const response = await fetch("offer", { method: "POST", body: pc.localDescription.sdp });
  if (!response.ok) throw new Error(await response.text());
  const sdp = await response.text();
  times.answerMs = since();
  await pc.setRemoteDescription({ type: "answer", sdp });
  await shown;
  return times;
};
</script>`;

/** Has the page connect. @throws when no picture comes within the time */
export async function look(page: Page, timeoutMs = 15_000): Promise<FirstPicture> {
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error(`no picture within ${timeoutMs / 1_000} s`)), timeoutMs).unref(),
  );
  return Promise.race([page.evaluate("look()") as Promise<FirstPicture>, late]);
}
