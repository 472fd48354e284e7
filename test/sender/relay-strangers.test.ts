import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { classes, createStunOverTurnClient, Message, methods, type StunOverTurnProtocol, TurnProtocol } from "werift";
import { readIceServers, type TurnServer } from "../../src/sender/peer/ice-urls.ts";
import { openRelay } from "../../src/sender/peer/repairs/turn-client.ts";
import { hearTurnServerAlone } from "../../src/sender/peer/repairs/turn-strangers.ts";
import { Coturn } from "../support/coturn.ts";

const HOUR_MS = 3_600_000;

/** On the first channel that a client binds. */
function channelData(text: string): Buffer {
  const header = Buffer.from([0x40, 0x00, 0, text.length]);
  return Buffer.concat([header, Buffer.from(text)]);
}

function dataIndication(text: string, from: [string, number]): Buffer {
  return new Message(methods.DATA, classes.INDICATION)
    .setAttribute("XOR-PEER-ADDRESS", from)
    .setAttribute("DATA", Buffer.from(text)).bytes;
}

async function open(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** What comes through a relay when its peer answers, and a stranger says the same as if it were the server. */
async function heardFrom(allocate: (server: TurnServer) => Promise<StunOverTurnProtocol>): Promise<string[]> {
  await using coturn = await Coturn.open();
  await using opened = new AsyncDisposableStack();
  const [server] = readIceServers([{ urls: [coturn.url], ...Coturn.credentials(HOUR_MS) }]).turn;
  const protocol = opened.adopt(await allocate(server as TurnServer), (each) => each.close());
  const [peer, stranger] = [await open(), await open()];
  for (const socket of [peer, stranger]) opened.defer(() => void socket.close());
  const heard: string[] = [];
  protocol.onDataReceived.subscribe((data) => void heard.push(String(data)));
  peer.on("message", (data, { port, address }) => peer.send(data, port, address));
  const say = (word: string) => protocol.sendData(Buffer.from(word), ["127.0.0.1", peer.address().port]);
  await say("hello");
  await expect.poll(() => heard).toContain("hello");
  const { port } = (protocol.turn.transport as unknown as { socket: Socket }).socket.address();
  stranger.send(channelData("forged"), port, "127.0.0.1");
  stranger.send(dataIndication("wrapped", ["127.0.0.1", peer.address().port]), port, "127.0.0.1");
  await sleep(100);
  await say("again");
  await expect.poll(() => heard).toContain("again");
  return heard;
}

it("a relay brings what its server sends, and nothing of a stranger's", async () => {
  expect(await heardFrom(async (server) => (await openRelay(server, new AbortController().signal)).protocol)).toEqual([
    "hello",
    "again",
  ]);
});

// Fails when werift has mended it: the repair may go then.
it("werift still takes relayed packets from anybody", async () => {
  const plain = ({ host, port, username, credential }: TurnServer) =>
    createStunOverTurnClient({ address: [host, port], username, password: credential });
  expect(await heardFrom(plain)).toEqual(["hello", "forged", "wrapped", "again"]);
});

describe("the server of a relay is heard", () => {
  function hears(server: string, from: [host: string, port: number]): boolean {
    const turn = new TurnProtocol([server, 3_478], "user", "secret", 600, { type: "udp" } as never);
    const received = vi.fn();
    Reflect.set(turn, "handleChannelData", received);
    hearTurnServerAlone(turn);
    (turn as unknown as { dataReceived(data: Buffer, from: unknown): void }).dataReceived(channelData("any"), from);
    return received.mock.calls.length > 0;
  }

  it.each<[string, [string, number], boolean]>([
    ["192.0.2.1", ["192.0.2.1", 3_478], true],
    ["192.0.2.1", ["192.0.2.1", 3_479], false],
    ["192.0.2.1", ["192.0.2.2", 3_478], false],
    ["2001:DB8:0:0::1", ["2001:db8::1", 3_478], true],
    ["2001:db8::1", ["2001:db8::2", 3_478], false],
    ["::ffff:c000:201", ["::ffff:192.0.2.1", 3_478], true],
    ["fe80::1%eth0", ["fe80::1", 3_478], true],
  ])("at %s, what comes from %j: %s", (server, from, expected) => {
    expect(hears(server, from)).toBe(expected);
  });

  it("or the repair refused by name, when werift reads elsewhere", () => {
    const turn = new TurnProtocol(["192.0.2.1", 1], "user", "secret", 600, { type: "udp" } as never);
    Reflect.set(turn, "dataReceived", undefined);
    expect(() => hearTurnServerAlone(turn)).toThrow("see hearTurnServerAlone");
  });
});
