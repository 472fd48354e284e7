import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { Need } from "../../scripts/debian.ts";
import { randomToken } from "../../src/protocol/bytes.ts";
import { makeSenderInstance, makeViewerId } from "../../src/protocol/ids.ts";
import { hashToken } from "../../src/protocol/link.ts";
import { Sightline } from "../../test/support/processes.ts";
import { firstLine } from "../within.ts";

/** One end of a session on some relay. */
export interface End {
  send(text: string): void;
  onMessage(listener: (text: string) => void): void;
  close(): void;
}

/** A signaling server under test, driven alike whatever it is. */
export interface Relay extends AsyncDisposable {
  openSender(session: number): Promise<End>;
  /** Resolves when the viewer may send its offer. */
  openViewer(session: number): Promise<End>;
  /** Brings the answer while the viewer's socket opens, where offers go beside it. */
  joinByPost?(session: number): Promise<End>;
  /** The messages of a join, as this relay wants them. */
  offer(): string;
  answerTo(offer: string): string;
  candidate(stamp: number): string;
}

export interface RelayKind {
  name: string;
  needs: Need[];
  /** @param stateDir a folder of its own, which need not be there */
  open(stateDir: string): Promise<Relay>;
}

/** The floor that the others are compared with. */
export const BARE_WS = "bare ws (Node)";

const at = (script: string) => fileURLToPath(new URL(script, import.meta.url));

export const RELAY_KINDS: RelayKind[] = [
  { name: "Sightline (workerd), by POST", needs: [], open: (stateDir) => sightlineEdge(stateDir, true) },
  { name: "Sightline (workerd)", needs: [], open: (stateDir) => sightlineEdge(stateDir, false) },
  { name: BARE_WS, needs: [], open: () => bareRelay(process.execPath, [at("./ws-relay.ts")]) },
  {
    name: "python3-websockets",
    needs: [{ package: "python3-websockets", file: "/usr/lib/python3/dist-packages/websockets" }],
    open: () => bareRelay("/usr/bin/python3", [at("./websockets-relay.py")]),
  },
];

const SDP = `v=0\r\n${"a=candidate:1 1 udp 2113937151 192.168.1.2 50000 typ host\r\n".repeat(80)}`;

let clients = 0;

/** Loopback has sixteen million addresses; one for each client keeps every limit per address in force. */
function clientAddress(): string {
  const client = clients++;
  return `127.${1 + (Math.floor(client / 62_500) % 250)}.${1 + (Math.floor(client / 250) % 250)}.${1 + (client % 250)}`;
}

function endOf(socket: WebSocket): End {
  // Whoever waits for something from it does so for a while only.
  socket.on("error", () => {});
  return {
    send: (text) => socket.send(text),
    onMessage: (listener) => socket.on("message", (data) => listener(String(data))),
    close: () => socket.close(1000),
  };
}

async function bareRelay(command: string, args: string[]): Promise<Relay> {
  const child: ChildProcess = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (!child.stdout) throw new Error("spawned without a pipe");
  const port = await firstLine(child, createInterface(child.stdout));
  const run = `${Math.random()}`.slice(2);
  const open = async (session: number, role: string) => {
    const localAddress = clientAddress();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${run}-${session}/${role}`, {
      localAddress,
      perMessageDeflate: false,
    });
    await once(socket, "open");
    return endOf(socket);
  };
  return {
    openSender: (session) => open(session, "sender"),
    openViewer: (session) => open(session, "viewer"),
    offer: () => JSON.stringify({ type: "offer", sdp: SDP }),
    answerTo: () => JSON.stringify({ type: "answer", sdp: SDP }),
    candidate: (stamp) => JSON.stringify({ type: "candidate", candidate: String(stamp) }),
    [Symbol.asyncDispose]: async () => void child.kill(),
  };
}

/**
 * The real Worker in workerd, with sessions on disk as `sightline serve` keeps them.
 * @param byPost whether a viewer posts its offer, as the page does, or waits for its socket
 */
async function sightlineEdge(stateDir: string, byPost: boolean): Promise<Relay> {
  await using opening = new AsyncDisposableStack();
  const publishKey = randomToken(32);
  const edge = opening.use(new Sightline(["serve", "--port", "0", "--state", stateDir], { PUBLISH_KEY: publishKey }));
  const url = await edge.edge();
  const opened = opening.move();
  const sessions = new Map<number, { id: string; viewer: string }>();
  const open = async (id: string, protocols: string[], localAddress = clientAddress()) => {
    const socket = new WebSocket(
      `${url.replace(/^http/, "ws")}/api/sessions/${id}/signal`,
      ["sightline.1", ...protocols],
      { localAddress, perMessageDeflate: false },
    );
    const welcome = once(socket, "message");
    await once(socket, "open");
    const [data] = await welcome;
    const { type } = JSON.parse(String(data));
    if (type !== "welcome") throw new Error(`the edge says ${type}: ${data}`);
    return endOf(socket);
  };
  const run = `${Math.random()}`.slice(2, 10);
  const joinByPost = async (session: number) => {
    const { id, viewer: token } = sessions.get(session) ?? { id: "", viewer: "" };
    const [viewer, localAddress] = [makeViewerId(), clientAddress()];
    const offer = { viewer, connection: 0, sdp: SDP };
    const [end] = await Promise.all([
      open(id, [`token.${token}`, `viewer.${viewer}`], localAddress),
      post(`${url}/api/sessions/${id}/offer`, token, offer, localAddress, 200),
    ]);
    // As the page does; who posted an offer keeps a place for a while otherwise.
    const close = () => {
      end.send(JSON.stringify({ type: "bye" }));
      end.close();
    };
    return { ...end, close };
  };
  return {
    ...(byPost ? { joinByPost } : {}),
    openSender: async (session) => {
      const [sender, viewer, operator] = [randomToken(32), randomToken(32), randomToken(32)];
      const id = `bench-${run}-${session}`;
      const body = {
        id,
        senderToken: sender,
        viewerTokenHash: hashToken(viewer),
        operatorTokenHash: hashToken(operator),
      };
      await post(`${url}/api/sessions`, publishKey, body, clientAddress(), 201);
      sessions.set(session, { id, viewer });
      return open(id, [`token.${sender}`, `sender.${makeSenderInstance()}`]);
    },
    openViewer: async (session) => {
      const { id, viewer } = sessions.get(session) ?? { id: "", viewer: "" };
      return open(id, [`token.${viewer}`, `viewer.${makeViewerId()}`]);
    },
    offer: () => JSON.stringify({ type: "offer", connection: 0, sdp: SDP }),
    answerTo: (offer) => {
      const { viewer, connection } = JSON.parse(offer);
      return JSON.stringify({ type: "answer", viewer, connection, sdp: SDP });
    },
    candidate: (stamp) => JSON.stringify({ type: "candidate", connection: 0, candidate: String(stamp) }),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Resolves when all of the reply is there. @throws Error for another status */
async function post(url: string, token: string, body: object, localAddress: string, wanted: number): Promise<void> {
  const outgoing = request(url, {
    method: "POST",
    localAddress,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  outgoing.end(JSON.stringify(body));
  const [response] = await once(outgoing, "response");
  const ended = once(response, "end");
  response.resume();
  await ended;
  if (response.statusCode !== wanted) throw new Error(`${new URL(url).pathname}: HTTP ${response.statusCode}`);
}
