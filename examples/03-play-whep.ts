/**
 * A WHEP player in a page, with nothing of Sightline: fetch and RTCPeerConnection. For such a player the edge is
 * trusted (docs/security.md); the library of example 1 need not trust it.
 *
 * Try it: `npx esbuild examples/03-play-whep.ts --format=esm --outdir=examples --servedir=examples --serve=127.0.0.1:8000`,
 * open http://127.0.0.1:8000/03-play-whep.html and paste what `npm start -- --whep` prints after WHEP and Bearer.
 */
const form = document.querySelector<HTMLFormElement>("#form");
const video = document.querySelector<HTMLVideoElement>("#video");
const state = document.querySelector("#state");
if (!form || !video || !state) throw new Error("The page lacks an element that this script needs.");

/** Aborted, it lets go of what is played: the connection here, and the place at the edge. */
let playing = new AbortController();
addEventListener("pagehide", () => playing.abort());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  playing.abort();
  const mine = new AbortController();
  playing = mine;
  const [url = "", token = ""] = ["url", "token"].map(
    (id) => document.querySelector<HTMLInputElement>(`#${id}`)?.value,
  );
  try {
    state.textContent = "Connecting.";
    await play(url, token, mine.signal);
  } catch (error) {
    // What was let go of has nothing more to say.
    if (mine.signal.aborted) return;
    mine.abort();
    state.textContent = error instanceof Error ? error.message : String(error);
  }
});

/** @throws Error with the edge's sentence when it refuses */
async function play(url: string, token: string, signal: AbortSignal): Promise<void> {
  const connection = new RTCPeerConnection();
  signal.addEventListener("abort", () => {
    connection.close();
    if (state) state.textContent = connection.connectionState;
  });
  connection.addTransceiver("video", { direction: "recvonly" });
  connection.ontrack = ({ track }) => {
    if (video) video.srcObject = new MediaStream([track]);
  };
  connection.onconnectionstatechange = () => {
    if (state) state.textContent = connection.connectionState;
  };
  await connection.setLocalDescription();
  await gathered(connection);
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/sdp" },
    body: connection.localDescription?.sdp,
  });
  if (!answer.ok) throw new Error((await answer.json()).error.message);
  const resource = new URL(answer.headers.get("Location") ?? "", url);
  const leave = () => void fetch(resource, { method: "DELETE", headers, keepalive: true });
  signal.aborted ? leave() : signal.addEventListener("abort", leave);
  await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
}

/** So that one POST says everything; a player on a strict network would add ICE servers, and trickle by PATCH. */
async function gathered(connection: RTCPeerConnection): Promise<void> {
  while (connection.iceGatheringState !== "complete") {
    await new Promise((resolve) => connection.addEventListener("icegatheringstatechange", resolve, { once: true }));
  }
}
