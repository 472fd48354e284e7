import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { IceServer } from "../../src/protocol/ice.ts";
import { Coturn } from "../support/coturn.ts";
import { Hall } from "./support/hall.ts";

const DELAY_MS = 300;
/** Much shorter than a relay is waited for, much longer than a STUN server. */
const SOON_MS = 2_000;

/** A long way to a server by TCP: what it says comes late. */
async function longWay(port: number) {
  const held = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) held.add(socket.on("error", () => {}));
    near.pipe(far);
    far.on("data", async (data) => {
      await sleep(DELAY_MS);
      near.write(data);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    for (const socket of held) socket.destroy();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: close };
}

async function silentStun() {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { url: `stun:127.0.0.1:${socket.address().port}`, [Symbol.dispose]: () => void socket.close() };
}

/** What a WHEP player is answered, which hears of nothing that is found later. */
async function answerTo(iceServers: IceServer[]): Promise<string> {
  await using hall = new Hall({ iceServers: () => iceServers });
  const { proof: _none, ...offer } = await hall.viewer().offer();
  await hall.audience.offer({ ...offer, whep: true });
  const [answer] = hall.of("answer");
  return answer?.type === "answer" ? answer.sdp : "";
}

it("a WHEP player is told of a relay that the camera reaches by TCP only, and late", async () => {
  await using turn = await Coturn.open();
  using way = await longWay(Number(turn.url.split(":")[2]));
  using stun = await silentStun();
  const relay = { urls: [`turn:127.0.0.1:${way.port}?transport=tcp`], ...Coturn.credentials(3_600_000) };
  expect(await answerTo([{ urls: [stun.url] }, relay])).toMatch(/^a=candidate:.* typ relay/m);
}, 20_000);

it("a WHEP player does not wait longer for a STUN server that is silent where no relay is asked for", async () => {
  using stun = await silentStun();
  const answer = await Promise.race([answerTo([{ urls: [stun.url] }]), sleep(SOON_MS, "late")]);
  expect(answer).toMatch(/^a=candidate:.* typ host/m);
}, 20_000);
