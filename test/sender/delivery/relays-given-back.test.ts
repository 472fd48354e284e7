import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { RemoteHall } from "../../../src/sender/delivery/remote-hall.ts";
import { Coturn } from "../../support/coturn.ts";
import { receivingConnection } from "../../support/receiving-connection.ts";

const HOUR_MS = 3_600_000;
const PATIENCE = { timeout: 10_000, interval: 50 };
/** A request to refresh an allocation, or to end it (RFC 8656 section 7). */
const REFRESH = 0x0004;

/** A way to a TURN server that may lose what one client asks it. */
async function lossyWay(port: number) {
  const [near, far] = [createSocket("udp4").bind(0, "127.0.0.1"), createSocket("udp4").bind(0, "127.0.0.1")];
  await Promise.all([once(near, "listening"), once(far, "listening")]);
  let client: RemoteInfo | undefined;
  const way = {
    port: near.address().port,
    losesNextRefresh: false,
    lost: 0,
    async [Symbol.asyncDispose]() {
      near.close();
      far.close();
    },
  };
  near.on("message", (datagram, from) => {
    client = from;
    if (way.losesNextRefresh && datagram.readUInt16BE(0) === REFRESH) {
      way.losesNextRefresh = false;
      way.lost++;
    } else far.send(datagram, port, "127.0.0.1");
  });
  far.on("message", (datagram) => client && near.send(datagram, client.port, client.address));
  return way;
}

// By hall-thread.ts as it is: it ends when it has said good-bye for all, not as soon as it has said that they are closed.
it("a thread that ends gives its viewers' relays back, though the first word of it is lost", async () => {
  await using coturn = await Coturn.open();
  await using way = await lossyWay(Number(coturn.url.split(":").at(-1)));
  const told: string[] = [];
  const onFailure = vi.fn();
  const hall = new RemoteHall({ onFailure, onBehind() {} });
  expect(hall.start()).toBe(true);
  const ice = [{ urls: [`turn:127.0.0.1:${way.port}?transport=udp`], ...Coturn.credentials(HOUR_MS) }];
  const connection = hall.open(
    { iceServers: ice, relayOnly: false, loopback: true, maxBps: 1_000_000, playoutMs: 0 },
    {
      onCandidate: ({ candidate }) => void told.push(candidate ?? ""),
      onState() {},
      onPath() {},
      onRelay() {},
      onKeyframeRequest() {},
      onFirstPicture() {},
    },
  );
  const viewer = receivingConnection();
  await viewer.setLocalDescription(await viewer.createOffer());
  await connection.answer(viewer.localDescription?.sdp ?? "", 20);
  // Nobody takes the answer, and so there is no direct path.
  await vi.waitFor(() => expect(told.join()).toContain(" typ relay"), PATIENCE);
  expect(await coturn.allocations()).toHaveLength(1);
  way.losesNextRefresh = true;
  await hall.close();
  expect(way.lost).toBe(1);
  for (let tries = 0; tries < 5 && (await coturn.allocations()).length > 0; tries++) await sleep(100);
  expect(await coturn.allocations()).toEqual([]);
  expect(onFailure).not.toHaveBeenCalled();
  await viewer.close();
});
