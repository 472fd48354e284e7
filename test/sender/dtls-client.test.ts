import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import { DtlsClient, RTCPeerConnection } from "werift";
import { dtlsRole } from "../../src/sender/peer/dtls.ts";
import { dtlsTransports } from "../../src/sender/peer/repairs/dtls-transport.ts";
import { type Certificate, ecdsaCertificate, handshakeType } from "../support/dtls.ts";
import { DtlsViewer, type DtlsViewerOptions } from "../support/dtls-viewer.ts";

const PATIENCE = { timeout: 8_000, interval: 10 };
const HANDSHAKE = 22;

let viewers: Certificate;
let strangers: Certificate;
let begun: Mock<(this: DtlsClient) => Promise<void>>;

beforeAll(async () => {
  [viewers, strangers] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});
beforeEach(() => {
  begun = vi.spyOn(DtlsClient.prototype, "connect") as Mock<(this: DtlsClient) => Promise<void>>;
});
afterEach(() => vi.restoreAllMocks());

/** The sender's end, where it is the client. */
function senderSocket(): DtlsClient {
  const [socket] = begun.mock.contexts;
  if (!socket) throw new Error("the sender's DTLS has not begun");
  return socket;
}

const isMedia = (datagram: Buffer) => (datagram[0] ?? 0) >= 128;
const isEncryptedHandshake = (record: Buffer) => record[0] === HANDSHAKE && record.readUInt16BE(3) === 1;

/** A picture every now and then, sent whether or not anybody may see it, until `until` holds. */
async function sendPictures(viewer: DtlsViewer, until: () => void): Promise<void> {
  await vi.waitFor(() => {
    viewer.peer.send([Buffer.from([0x65, 1, 2, 3])], true, performance.now());
    until();
  }, PATIENCE);
}

/** The viewer's second flight is lost as often as `times` says. */
function losing(times: number): NonNullable<DtlsViewerOptions["meddle"]> {
  return ({ transport: { socket } }) => {
    const { send } = socket;
    let lost = 0;
    socket.send = async (record) => {
      if (isEncryptedHandshake(record) && lost++ < times) return;
      await send(record);
    };
  };
}

describe("the sender's DTLS role", () => {
  it.each([
    ["actpass", "active"],
    ["passive", "active"],
    ["active", "passive"],
  ] as const)("for an offer that is %s is %s, and media flows", async (setup, answered) => {
    await using viewer = await DtlsViewer.open(viewers, { setup });
    expect(viewer.answer).toContain(`a=setup:${answered}\r\n`);
    await sendPictures(viewer, () => expect(viewer.received).not.toEqual([]));
    expect([...viewer.peerStates, viewer.state]).toEqual(["connected", "connected"]);
  });

  it("is read from the offer's own lines only", () => {
    expect(dtlsRole("a=setup:active\r\n")).toBe("server");
    expect(dtlsRole("a=setup:actpass\r\n")).toBe("client");
    expect(dtlsRole("s=a=setup:active\r\na=setup:actpass\r\n")).toBe("client");
  });
});

describe("a sender that is the DTLS client", () => {
  it("shows its picture before the viewer's Finished comes, and needs no cookie to be left out", async () => {
    const hellos: Buffer[] = [];
    await using viewer = await DtlsViewer.open(viewers, {
      meddle: (socket) => {
        losing(Number.POSITIVE_INFINITY)(socket);
        const { onData } = socket.transport.socket;
        socket.transport.socket.onData = (datagram, from) => {
          if (handshakeType(datagram) === 1) hellos.push(datagram);
          onData(datagram, from);
        };
      },
    });
    await sendPictures(viewer, () => expect(viewer.received).not.toEqual([]));
    expect(viewer.peerStates).toEqual(["connected"]);
    const cookieBytes = hellos.map((hello) => hello.readUInt8(13 + 12 + 35));
    expect(cookieBytes[0]).toBe(0);
    expect(cookieBytes.at(-1)).toBeGreaterThan(0);
  });

  it("repeats its last flight until it is answered, and goes on", async () => {
    await using viewer = await DtlsViewer.open(viewers, { meddle: losing(2) });
    await sendPictures(viewer, () => expect(viewer.received).not.toEqual([]));
    const client = senderSocket();
    await vi.waitFor(() => expect(client.connected).toBe(true), PATIENCE);
    expect(viewer.peerStates).toEqual(["connected"]);
  });

  it("heals when its last flight is lost, media before it too", async () => {
    let lost = 0;
    await using viewer = await DtlsViewer.open(viewers, {
      meddle: ({ transport: { socket } }) => {
        const { onData } = socket;
        socket.onData = (datagram, from) => {
          if (handshakeType(datagram) === 11 && lost++ < 2) return;
          onData(datagram, from);
        };
      },
    });
    await sendPictures(viewer, () => expect(viewer.received).not.toEqual([]));
    expect(lost).toBeGreaterThan(2);
    expect(viewer.state).toBe("connected");
    expect(viewer.peerStates).toEqual(["connected"]);
  });

  it("sends no media before its own check of the path was answered, though DTLS is through", async () => {
    await using viewer = await DtlsViewer.open(viewers, { answersChecks: false });
    await vi.waitFor(() => expect(senderSocket().connected).toBe(true), PATIENCE);
    viewer.peer.send([Buffer.from([0x65, 1, 2, 3])], true, performance.now());
    await sleep(300);
    expect(viewer.peerStates).toEqual([]);
    expect(viewer.datagrams.filter(isMedia)).toEqual([]);
  });
});

describe("a viewer that is the DTLS server and is not who the offer names", () => {
  const impostors: [string, NonNullable<DtlsViewerOptions["meddle"]>, RegExp][] = [
    [
      "another's certificate and key",
      ({ cipher }) => cipher.parseX509(strangers.certPem, strangers.keyPem, strangers.signatureHash),
      /not the one that its SDP names/,
    ],
    [
      "a copy of the certificate, without its key",
      ({ cipher }) => cipher.parseX509(viewers.certPem, strangers.keyPem, viewers.signatureHash),
      /without proof that it holds its key/,
    ],
  ];

  it.each(impostors)("gets no media ever: %s", async (_, meddle, reason) => {
    const errors: string[] = [];
    await using viewer = await DtlsViewer.open(viewers, {
      meddle: (socket) => {
        senderSocket().onError.subscribe((error) => void errors.push(error.message));
        meddle(socket);
      },
    });
    await sendPictures(viewer, () => expect(viewer.peerStates).toEqual(["closed"]));
    await sleep(100);
    expect(errors[0]).toMatch(reason);
    expect(viewer.datagrams.filter(isMedia)).toEqual([]);
    const ends = viewer.datagrams.filter((datagram) => handshakeType(datagram) === 11);
    expect(ends).toEqual([]);
  });

  it("is dropped at a wrong Finished, with words", async () => {
    const errors: string[] = [];
    await using viewer = await DtlsViewer.open(viewers, {
      meddle: ({ cipher }) => {
        senderSocket().onError.subscribe((error) => void errors.push(error.message));
        cipher.verifyData = () => Buffer.alloc(12);
      },
    });
    await vi.waitFor(() => expect(viewer.peerStates.at(-1)).toBe("closed"), PATIENCE);
    expect(errors[0]).toMatch(/Finished does not match/);
  });

  it("is dropped when its Finished does not come in time, with words", async () => {
    const timers = vi.spyOn(globalThis, "setTimeout");
    const errors: string[] = [];
    await using viewer = await DtlsViewer.open(viewers, { meddle: losing(Number.POSITIVE_INFINITY) });
    await vi.waitFor(() => expect(viewer.peerStates).toEqual(["connected"]), PATIENCE);
    senderSocket().onError.subscribe((error) => void errors.push(error.message));
    const deadlines = timers.mock.calls.filter(([, ms]) => ms === 15_000);
    expect(deadlines).toHaveLength(1);
    deadlines[0]?.[0]();
    await vi.waitFor(() => expect(viewer.peerStates).toEqual(["connected", "closed"]), PATIENCE);
    expect(errors).toEqual(["The viewer did not finish DTLS within 15 s."]);
  });
});

describe("the fit with werift", () => {
  it.each(["start", "startSrtp", "setState", "srtpProfiles"])("is refused without %s, by name", async (member) => {
    const pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video", { direction: "recvonly" });
    expect(() => dtlsTransports(pc)).not.toThrow();
    const without = { dtlsTransports: pc.dtlsTransports.map((transport) => hiding(transport, member)) };
    expect(() => dtlsTransports(without as unknown as RTCPeerConnection)).toThrow(`no ${member} in its DTLS transport`);
    await pc.close();
  });
});

function hiding<T extends object>(whole: T, member: string): T {
  return new Proxy(whole, {
    has: (target, key) => key !== member && Reflect.has(target, key),
    get: (target, key) => (key === member ? undefined : Reflect.get(target, key)),
  });
}
