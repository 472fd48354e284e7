import type { IceServer } from "../../protocol/ice.ts";
import { TRANSPORT } from "./opening.ts";

/**
 * Gives a connection its ICE servers. The browser refuses all of them for one that it cannot use, such as TURN without a
 * password: each URL is then tried by itself, for without the others there may be no way.
 * @throws when the browser takes none, not even an empty list
 */
export function giveIceServers(connection: RTCPeerConnection, iceServers: IceServer[]): void {
  const give = (servers: IceServer[]) => connection.setConfiguration({ ...TRANSPORT, iceServers: servers });
  try {
    give(iceServers);
    return;
  } catch {
    // Its words may name the server and its user.
    console.warn("The browser refuses an ICE server of the edge's.");
  }
  const single = iceServers.flatMap(({ urls, ...access }) => urls.map((url) => ({ urls: [url], ...access })));
  give(single.filter((server) => isTaken(() => give([server]))));
}

function isTaken(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
