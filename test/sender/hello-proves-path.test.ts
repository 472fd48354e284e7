import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CandidatePair, CandidatePairState, RTCPeerConnection } from "werift";
import { takeHelloAsProof } from "../../src/sender/peer/repairs/hello-proves-path.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";

const HELLO = Buffer.from([22, 254, 253]);
const VIEWER = ["192.0.2.7", 4_000] as const;

let pc: RTCPeerConnection;
let connection: IceConnection;
let received: Buffer[];
let protocol: CandidatePair["protocol"] & { datagramReceived(datagram: Buffer, from: readonly unknown[]): void };
let pair: CandidatePair & { nominated: boolean; state: CandidatePairState; remoteNominated: boolean };

beforeEach(() => {
  pc = new RTCPeerConnection({ iceServers: [] });
  pc.addTransceiver("video", { direction: "recvonly" });
  [connection] = iceConnections(pc) as [IceConnection];
  connection.queryConsent = vi.fn();
  received = [];
  protocol = {
    onRequestReceived: { subscribe() {} },
    onDataReceived: { subscribe() {} },
    datagramReceived: (datagram: Buffer) => received.push(datagram),
  } as unknown as typeof protocol;
  pair = {
    protocol,
    remoteAddr: [...VIEWER],
    remoteCandidate: {},
    state: CandidatePairState.IN_PROGRESS,
    nominated: false,
    remoteNominated: true,
    updateState: (state: CandidatePairState) => Object.assign(pair, { state }),
    toJSON: () => ({}),
  } as unknown as typeof pair;
  connection.checkList = [pair];
});
afterEach(async () => {
  connection.nominated = undefined;
  connection.checkList = [];
  await pc.close();
});

/** The protocol is that of a socket of this connection's, from now on. */
function arrives(datagram: Buffer, from: readonly [string, number] = VIEWER): void {
  takeHelloAsProof(pc);
  connection.ensureProtocol(protocol);
  protocol.datagramReceived(datagram, from);
}

test("a hello from where the viewer nominated is the answer to the sender's own check", () => {
  arrives(HELLO);
  expect(connection.nominated).toBe(pair);
  expect(pair.state).toBe(CandidatePairState.SUCCEEDED);
  expect(received).toEqual([HELLO]);
});

test("werift itself waits for the answer", () => {
  connection.ensureProtocol(protocol);
  protocol.datagramReceived(HELLO, VIEWER);
  expect(connection.nominated).toBeUndefined();
});

test.each([
  ["from an address that sent no check", () => ({ from: ["192.0.2.7", 4_001] as const })],
  ["before anything is nominated", () => Object.assign(pair, { remoteNominated: false })],
  ["on a pair that failed", () => Object.assign(pair, { state: CandidatePairState.FAILED })],
  ["once closed", () => Object.assign(connection, { state: "closed" })],
  ["that is no DTLS handshake", () => ({ datagram: Buffer.from([128, 22]) })],
])("nothing is nominated by one %s", (_, change) => {
  const { datagram = HELLO, from = VIEWER } = change() as { datagram?: Buffer; from?: typeof VIEWER };
  arrives(datagram, from);
  expect(connection.nominated).toBeUndefined();
  expect(received).toHaveLength(1);
});

test("the answer that comes later, or never, changes nothing any more", () => {
  arrives(HELLO);
  connection.checkComplete(pair);
  expect(connection.nominated).toBe(pair);
  pair.state = CandidatePairState.FAILED;
  connection.checkComplete(pair);
  expect(connection.nominated).toBe(pair);
});
