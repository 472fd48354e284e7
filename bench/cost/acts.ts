import { SDP_TYPE, TRICKLE_TYPE } from "../../src/protocol/mime.ts";
import { type Camera, request, Viewer } from "./ends.ts";
import { CANDIDATE_LINE, type JoinScenario, PAGE_FILES, SDP } from "./scenarios.ts";

/** Plays a scenario's join. @returns what plays its leaving */
export function join(camera: Camera, scenario: JoinScenario): Promise<() => Promise<void>> {
  camera.candidates = scenario.senderCandidates;
  camera.answerAfterMs = scenario.answerAfterMs;
  return scenario.offer === "whep" ? joinByWhep(camera, scenario) : joinByPage(camera, scenario);
}

async function joinByPage(camera: Camera, scenario: JoinScenario) {
  const { offer, standby = false, viewerCandidates, senderCandidates, leaves } = scenario;
  for (const path of [`/s/${camera.id}`, ...PAGE_FILES]) await request(camera.url + path, { method: "GET" });
  const viewer = new Viewer(camera);
  if (offer === "post") await Promise.all([viewer.postOffer(standby), viewer.socket.receive("welcome")]);
  else {
    await viewer.socket.receive("welcome");
    viewer.offer(0);
    await viewer.socket.receive("answer");
  }
  viewer.candidates(0, viewerCandidates);
  await camera.socket.receive("candidate", viewerCandidates);
  await viewer.socket.receive("candidate", senderCandidates);
  return async () => {
    if (leaves === "says bye") {
      viewer.socket.send({ type: "bye" });
      await camera.socket.receive("bye");
    }
    await viewer.socket.close();
    await camera.socket.receive("viewer-left");
    // In a real one it crosses the viewer's own good-bye, or follows its silence.
    camera.socket.send({ type: "bye", viewer: viewer.id, connection: 0 });
  };
}

async function joinByWhep(camera: Camera, { viewerCandidates }: JoinScenario) {
  const token = camera.whepToken;
  const headers = { "Content-Type": SDP_TYPE };
  const answer = await request(`${camera.path}/whep`, { method: "POST", token, headers, body: SDP });
  const resource = camera.url + answer.headers.get("Location");
  for (let i = 0; i < viewerCandidates; i++) {
    const credentials = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1";
    const body = `${credentials}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=${CANDIDATE_LINE}\r\n`;
    const headers = { "Content-Type": TRICKLE_TYPE, "If-Match": answer.headers.get("ETag") ?? "*" };
    await request(resource, { method: "PATCH", token, headers, body });
  }
  return async () => {
    await request(resource, { method: "DELETE", token });
    await camera.socket.receive("bye");
    camera.socket.send({ type: "bye", viewer: camera.viewer, connection: 0 });
  };
}

/** What a relayed viewer does before its TURN credentials expire: a fresh connection beside the one it replaces. */
export async function renew(camera: Camera, viewer: Viewer, connection: number, scenario: JoinScenario): Promise<void> {
  await viewer.askForIce();
  camera.candidates = scenario.senderCandidates;
  viewer.offer(connection);
  await viewer.socket.receive("answer");
  viewer.candidates(connection, scenario.viewerCandidates);
  await camera.socket.receive("candidate", scenario.viewerCandidates);
  await viewer.socket.receive("candidate", scenario.senderCandidates);
  viewer.socket.send({ type: "bye", connection: connection - 1 });
  await camera.socket.receive("bye");
}
