import { createHmac } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { makeIdentity } from "../../src/sender/identity.ts";
import { Peer } from "../../src/sender/peer/peer.ts";
import { Coturn } from "../support/coturn.ts";
import { until, Viewer } from "./support/viewer.ts";

const DELAY_MS = 150;

/** A long way to a server: its answers come late. */
class LongWay implements AsyncDisposable {
  answers = 0;
  #closed = false;
  readonly #front = createSocket("udp4");
  readonly #back = new Map<number, Socket>();

  /** Its own, one for each that came this way. */
  get sockets(): number {
    return this.#back.size;
  }

  async open(port: number): Promise<string> {
    this.#front.on("message", (data, from) => this.#backOf(from, port).send(data, port, "127.0.0.1"));
    this.#front.bind(0, "127.0.0.1");
    await once(this.#front, "listening");
    return `turn:127.0.0.1:${this.#front.address().port}`;
  }

  #backOf({ port: client, address }: RemoteInfo, port: number): Socket {
    const known = this.#back.get(client);
    if (known) return known;
    const socket = createSocket("udp4");
    this.#back.set(client, socket);
    socket.on("message", async (data, from) => {
      await sleep(DELAY_MS);
      if (from.port !== port || this.#closed) return;
      this.#front.send(data, client, address);
      this.answers++;
    });
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#front.close();
    for (const socket of this.#back.values()) socket.close();
  }
}

const count = (kind: string) => process.getActiveResourcesInfo().filter((name) => name === kind).length;
const udpSockets = () => count("UDPWrap");
const timers = () => count("Timeout");

it("a TURN server that answers after the connection was closed leaves no socket and no timer behind", async () => {
  await using turn = await Coturn.open();
  await using way = new LongWay();
  const url = await way.open(Number(turn.url.split(":").at(-1)));
  const username = `${Math.floor(Date.now() / 1_000) + 600}:test`;
  const credential = createHmac("sha1", Coturn.secret).update(username).digest("base64");
  await using viewer = new Viewer(makeIdentity());
  const { sdp } = await viewer.offer();
  const before = udpSockets();
  const timersBefore = timers();
  const peer = new Peer({
    iceServers: [{ urls: [url], username, credential }],
    relayOnly: false,
    loopback: true,
    onCandidate: () => {},
    onState: () => {},
    onKeyframeRequest: () => {},
  });
  await peer.answer(sdp, 20);
  expect(udpSockets()).toBeGreaterThan(before);
  await peer.close();
  await until(() => way.answers >= 3, "the mapped address, the challenge, and the allocation");
  await until(() => udpSockets() <= before + way.sockets, "the sockets to be closed", 3_000);
  await until(() => timers() <= timersBefore, "the timers to end", 3_000);
}, 30_000);
