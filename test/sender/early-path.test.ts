import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, test, vi } from "vitest";
import { type CandidatePair, CandidatePairState, type Message, RTCPeerConnection } from "werift";
import { dtlsTransports } from "../../src/sender/peer/repairs/dtls-transport.ts";
import { EarlyPath } from "../../src/sender/peer/repairs/early-path.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";

const HELLO = Buffer.from([22, 254, 253]);
const VIEWER = ["192.0.2.7", 4_000] as const;
const CHECK = {} as Message;

let pc: RTCPeerConnection;
let connection: IceConnection;
/** What went out, and how. */
let sent: string[];
let told: number;

beforeEach(() => {
  pc = new RTCPeerConnection({ iceServers: [] });
  pc.addTransceiver("video", { direction: "recvonly" });
  [connection] = iceConnections(pc) as [IceConnection];
  sent = [];
  told = 0;
  connection.queryConsent = vi.fn();
  connection.checkIncoming = () => void sent.push("check");
  connection.send = async () => void sent.push("nominated");
});
afterEach(async () => {
  connection.nominated = undefined;
  connection.checkList = [];
  await pc.close();
});

function pairTo([host, port]: readonly [string, number] = VIEWER): CandidatePair & { nominated: boolean } {
  const pair = {
    protocol: { sendData: async (_: Buffer, to: string[]) => void sent.push(to.join(":")) },
    remoteAddr: [host, port],
    localCandidate: { foundation: "1" },
    remoteCandidate: {},
    state: CandidatePairState.IN_PROGRESS,
    nominated: false,
    rtt: undefined,
    toJSON: () => ({}),
  } as unknown as CandidatePair & { nominated: boolean };
  connection.checkList.push(pair);
  return pair;
}

function open(): EarlyPath {
  return new EarlyPath(connection, () => told++);
}

/** A genuine check from the viewer: `checkStunIntegrity` lets no other through. */
function hear(pair: CandidatePair, from = pair.remoteAddr): void {
  connection.checkIncoming(CHECK, from, pair.protocol);
}

/** The sender's own check is answered. */
function answer(pair: CandidatePair): void {
  Object.assign(pair, { state: CandidatePairState.SUCCEEDED });
  connection.checkComplete(pair);
}

test("a check that is heard tells the path, after the sender's own check left by it", async () => {
  const pair = pairTo();
  const path = open();
  hear(pair);
  await path.wire().send(HELLO);
  expect(told).toBe(1);
  expect(sent).toEqual(["check", "192.0.2.7:4000"]);
});

test("an own check that is answered tells it too, and once more when the viewer is heard from there", () => {
  const pair = pairTo();
  open();
  answer(pair);
  answer(pair);
  expect(told).toBe(1);
  hear(pair);
  hear(pair);
  expect(told).toBe(2);
});

test("the answer to the sender's own check tells nothing new of a path that was heard", () => {
  const pair = pairTo();
  open();
  hear(pair);
  answer(pair);
  expect(told).toBe(1);
});

test("each further path is told, and is used from then on", async () => {
  const [first, second] = [pairTo(), pairTo(["192.0.2.7", 4_001])];
  const wire = open().wire();
  hear(first);
  hear(second);
  await wire.send(HELLO);
  expect(told).toBe(2);
  expect(sent.at(-1)).toBe("192.0.2.7:4001");
});

test("once a pair is nominated DTLS goes by it, and nothing is told any more once ICE is connected", async () => {
  const [first, second] = [pairTo(), pairTo(["192.0.2.7", 4_001])];
  const wire = open().wire();
  hear(first);
  first.nominated = true;
  answer(first);
  await wire.send(HELLO);
  expect(sent.at(-1)).toBe("nominated");
  connection.state = "connected";
  hear(second);
  expect(told).toBe(1);
});

test.each([
  ["a check from elsewhere", (pair: CandidatePair) => hear(pair, ["192.0.2.9", 4_000])],
  ["an own check that failed", (pair: CandidatePair) => connection.checkComplete(pair)],
])("%s tells nothing", (_, happens) => {
  const pair = pairTo();
  open();
  Object.assign(pair, { state: CandidatePairState.FAILED });
  happens(pair);
  expect(told).toBe(0);
});

test("DTLS alone comes in, apart from STUN and SRTP on the same socket", () => {
  const wire = open().wire();
  const received: Buffer[] = [];
  wire.onData = (datagram) => void received.push(datagram);
  for (const first of [0, 1, 19, 20, 22, 63, 64, 128, 255]) connection.onData.execute(Buffer.from([first]));
  connection.onData.execute(Buffer.alloc(0));
  expect(received.map(([first]) => first)).toEqual([20, 22, 63]);
});

it("is needed: werift itself sleeps before its hello, though its path stands", async () => {
  const [transport] = dtlsTransports(pc);
  if (!transport) throw new Error("no transport");
  Object.assign(transport, { role: "client", remoteParameters: { fingerprints: [{}] } });
  transport.start().catch(() => {});
  await nextTurn();
  expect(transport.dtls).toBeDefined();
  expect(sent).toEqual([]);
  await expect.poll(() => sent).toEqual(["nominated"]);
  if (transport.dtls) transport.dtls.dtls.flight = 7;
});
