import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import {
  type CandidatePair,
  CandidatePairState,
  DtlsClient,
  DtlsServer,
  type Message,
  RTCPeerConnection,
} from "werift";
import { FlightResender } from "../../src/sender/peer/repairs/dtls-resend.ts";
import { guardSocket } from "../../src/sender/peer/repairs/dtls-trust.ts";
import { requireFit } from "../../src/sender/peer/repairs/dtls-werift.ts";
import { EarlyPath } from "../../src/sender/peer/repairs/early-path.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";
import { type Certificate, ecdsaCertificate } from "../support/dtls.ts";

/** Longer than a flight that went astray waits to be sent again. */
const PATIENCE = { timeout: 3_000, interval: 5 };
const ADDRESS = { address: "", family: "", port: 0 };

let certificates: [camera: Certificate, viewer: Certificate];
let pc: RTCPeerConnection;
let connection: IceConnection;
let client: DtlsClient;
let server: DtlsServer;
/** The viewer's end, where datagrams arrive. */
let hearing: ReturnType<typeof guardSocket>;
let stop: () => void;
let begin: () => void;

beforeAll(async () => {
  certificates = [await ecdsaCertificate(), await ecdsaCertificate()];
});

beforeEach(() => {
  pc = new RTCPeerConnection({ iceServers: [] });
  pc.addTransceiver("video", { direction: "recvonly" });
  [connection] = iceConnections(pc) as [IceConnection];
  connection.queryConsent = () => {};
  connection.checkIncoming = () => {};
  connection.checkComplete = () => {};
  connection.send = async (datagram) => {
    const { nominated } = connection;
    await nominated?.protocol.sendData(datagram, nominated.remoteAddr);
  };
  const path = new EarlyPath(connection, () => begin());
  const [camera, viewer] = certificates;
  const shared = { srtpProfiles: [1 as const], extendedMasterSecret: true };
  client = new DtlsClient({ ...shared, ...credentials(camera), transport: path.wire() });
  server = new DtlsServer({
    ...shared,
    ...credentials(viewer),
    certificateRequest: true,
    transport: {
      type: "memory",
      closed: false,
      address: ADDRESS,
      onData() {},
      send: sendTo((datagram) => connection.onData.execute(datagram)),
      close: async () => {},
    },
  });
  const gate = guardSocket(client);
  hearing = guardSocket(server);
  const resender = new FlightResender(requireFit(client), () => undefined);
  let begun = false;
  begin = () => {
    if (begun) return resender.resendHello();
    begun = true;
    client.connect().catch(() => {});
  };
  stop = () => {
    resender.stop();
    gate.close();
    hearing.close();
  };
});
afterEach(async () => {
  stop();
  connection.nominated = undefined;
  connection.checkList = [];
  await pc.close();
});

function credentials({ certPem, keyPem, signatureHash }: Certificate) {
  return { cert: certPem, key: keyPem, signatureHash };
}

function sendTo(arrive: (datagram: Buffer) => void) {
  return async (datagram: Buffer) => void setImmediate(() => arrive(Buffer.from(datagram)));
}

let port = 4_000;
const toViewer = (datagram: Buffer) => hearing.receive(datagram);

/** @param arrive what becomes of what the sender sends by it */
function pair(arrive: (datagram: Buffer) => void): CandidatePair {
  const made = {
    protocol: { sendData: sendTo(arrive) },
    remoteAddr: ["192.0.2.7", port++],
    localCandidate: { foundation: "1" },
    remoteCandidate: {},
    state: CandidatePairState.IN_PROGRESS,
    nominated: false,
    rtt: undefined,
    toJSON: () => ({}),
  } as unknown as CandidatePair;
  connection.checkList.push(made);
  return made;
}

function hear({ remoteAddr, protocol }: CandidatePair): void {
  connection.checkIncoming({} as Message, remoteAddr, protocol);
}

function answer(checked: CandidatePair): void {
  Object.assign(checked, { state: CandidatePairState.SUCCEEDED });
  connection.checkComplete(checked);
}

const connected = () => vi.waitFor(() => expect([client.connected, server.connected]).toEqual([true, true]), PATIENCE);

test("a path that was heard but leads nowhere does not take the handshake from one that was proven both ways", async () => {
  const [good, dead] = [pair(toViewer), pair(() => {})];
  hear(good);
  answer(good);
  hear(dead);
  await connected();
});

test("nor does it when it was the last heard, and the other proves itself later", async () => {
  let lost = 0;
  const [good, dead] = [pair(toViewer), pair(() => void lost++)];
  hear(good);
  hear(dead);
  await vi.waitFor(() => expect(lost).toBeGreaterThan(1), PATIENCE);
  answer(good);
  await connected();
});

test("nor when it answered once, and was never heard", async () => {
  const [good, dead] = [pair(toViewer), pair(() => {})];
  hear(good);
  answer(good);
  answer(dead);
  await connected();
});

test("what was noted last gives way to the pair that the viewer nominates", async () => {
  let lost = 0;
  const [good, dead] = [pair(toViewer), pair(() => void lost++)];
  hear(dead);
  answer(dead);
  await vi.waitFor(() => expect(lost).toBeGreaterThan(0), PATIENCE);
  answer(good);
  connection.nominated = good;
  await connected();
});
