/**
 * What a NAT does, seen from inside and outside: `probe.ts serve` on the internet, `probe.ts ask FAMILY` behind the NAT.
 * Prints one JSON object: the ports that three destinations saw, and which of three strangers got an answer in.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { EDGE, TURN } from "./topology.ts";

const PORTS = [7_001, 7_002];
/** For who is not expected to get in. */
const WAIT_MS = 400;
/** For the answer of who was written to, which comes unless no UDP does. */
const PATIENCE_MS = 5_000;

/** What a NAT was seen to do. */
export interface Seen {
  /** Outside ports, as the edge saw them from its first port and the TURN server's address from both of its own. */
  ports: number[];
  /** Who got in: the one that was written to, its other port, another address. */
  heard: { same: boolean; otherPort: boolean; otherAddress: boolean };
}

async function open(type: "udp4" | "udp6", address?: string, port = 0): Promise<Socket> {
  const socket = createSocket(type);
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

async function until(isSo: () => boolean): Promise<void> {
  for (const giveUpMs = performance.now() + PATIENCE_MS; !isSo() && performance.now() < giveUpMs; ) await sleep(10);
}

async function serve(): Promise<void> {
  const addresses = [EDGE.ip4, TURN.ip4, EDGE.ip6, TURN.ip6];
  for (const address of addresses) {
    const type = address.includes(":") ? "udp6" : "udp4";
    const other = addresses.find((each) => each !== address && each.includes(":") === address.includes(":"));
    const sockets = await Promise.all(PORTS.map((port) => open(type, address, port)));
    const elsewhere = await open(type, other);
    for (const [i, socket] of sockets.entries()) {
      socket.on("message", (data, from) => {
        socket.send(`same ${from.port}`, from.port, from.address);
        if (String(data) !== "strangers") return;
        sockets[1 - i]?.send("otherPort 0", from.port, from.address);
        elsewhere.send("otherAddress 0", from.port, from.address);
      });
    }
  }
  console.log("ready");
}

async function ask(family: "ip4" | "ip6"): Promise<void> {
  const socket = await open(family === "ip4" ? "udp4" : "udp6");
  const seen: Seen = { ports: [], heard: { same: false, otherPort: false, otherAddress: false } };
  socket.on("message", (data) => {
    const [who, port] = String(data).split(" ");
    seen.heard[who as keyof Seen["heard"]] = true;
    if (who === "same") seen.ports.push(Number(port));
  });
  // First of all, before any other server is written to.
  socket.send("strangers", PORTS[0], EDGE[family]);
  await until(() => seen.heard.same);
  await sleep(WAIT_MS);
  for (const port of PORTS) socket.send("port", port, TURN[family]);
  if (seen.heard.same) await until(() => seen.ports.length > PORTS.length);
  await sleep(WAIT_MS);
  console.log(JSON.stringify(seen));
  socket.close();
}

if (import.meta.main) await (process.argv[2] === "serve" ? serve() : ask(process.argv[3] === "ip6" ? "ip6" : "ip4"));
