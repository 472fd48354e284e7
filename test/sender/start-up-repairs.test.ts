import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RTCPeerConnection } from "werift";
import { keepEarlyHello } from "../../src/sender/peer/repairs/early-hello.ts";
import { connectOnNomination } from "../../src/sender/peer/repairs/prompt-ice.ts";

let pc: RTCPeerConnection;

beforeEach(() => {
  pc = new RTCPeerConnection({ iceServers: [] });
  pc.addTransceiver("video", { direction: "recvonly" });
});
afterEach(() => pc.close());

describe("keepEarlyHello", () => {
  const HELLO = Buffer.from([22, 254, 253, 1]);
  const transport = () => {
    const [first] = pc.dtlsTransports;
    if (!first) throw new Error("no transport");
    return first;
  };
  const arrives = (datagram: Buffer) => transport().iceTransport.connection.onData.execute(datagram);
  /** As werift begins: the state first, the socket right after it. */
  async function begin(): Promise<Buffer[]> {
    const handed: Buffer[] = [];
    (transport() as unknown as { setState(state: string): void }).setState("connecting");
    Reflect.set(transport(), "dtls", { udpOnMessage: (datagram: Buffer) => handed.push(datagram) });
    await Promise.resolve();
    return handed;
  }

  it("hands the DTLS that came before its socket over, in order and once", async () => {
    keepEarlyHello(pc);
    const second = Buffer.from([22, 254, 253, 2]);
    arrives(HELLO);
    arrives(second);
    const handed = await begin();
    expect(handed).toEqual([HELLO, second]);
    arrives(Buffer.from([22, 9]));
    await Promise.resolve();
    expect(handed).toHaveLength(2);
  });

  it("keeps no STUN and no SRTP, and only so much of the rest", async () => {
    keepEarlyHello(pc);
    for (const first of [0, 1, 19, 64, 128, 191]) arrives(Buffer.from([first, 0]));
    arrives(Buffer.alloc(0));
    for (let i = 0; i < 50; i++) arrives(HELLO);
    expect(await begin()).toEqual([HELLO, HELLO, HELLO, HELLO]);
  });

  it("is needed: werift itself keeps nothing", async () => {
    arrives(HELLO);
    expect(await begin()).toEqual([]);
  });

  it("is refused by name when werift receives elsewhere", () => {
    Reflect.set(transport().iceTransport.connection, "onData", undefined);
    expect(() => keepEarlyHello(pc)).toThrow("see keepEarlyHello");
  });
});

describe("connectOnNomination", () => {
  const PAIR = {};
  /** werift's connection with its network taken out: checks end when the test says so. */
  function connection() {
    const [transport] = pc.iceTransports;
    if (!transport) throw new Error("no transport");
    const inner = transport.connection as unknown as Record<string, unknown> & {
      connect(): Promise<void>;
      checkComplete(pair: object): void;
    };
    inner.connect = () => Promise.withResolvers<void>().promise;
    inner.queryConsent = vi.fn();
    inner.checkComplete = vi.fn();
    return inner;
  }

  it("is connected with the nomination, not at the next look", async () => {
    const inner = connection();
    connectOnNomination(pc);
    const connected = vi.fn();
    const connecting = inner.connect().then(connected);
    inner.checkComplete(PAIR);
    await Promise.resolve();
    expect(connected).not.toHaveBeenCalled();

    Object.assign(inner, { checkListDone: true, nominated: PAIR });
    inner.checkComplete(PAIR);
    await connecting;
    expect(connected).toHaveBeenCalledOnce();
    expect(inner.state).toBe("connected");
    expect(inner.queryConsent).toHaveBeenCalledOnce();
  });

  it("does not connect what was closed meanwhile, and passes a failure on", async () => {
    const inner = connection();
    inner.connect = () => Promise.reject(new Error("no pair works"));
    connectOnNomination(pc);
    Object.assign(inner, { checkListDone: true, nominated: PAIR, state: "closed" });
    const connecting = inner.connect();
    inner.checkComplete(PAIR);
    await expect(connecting).rejects.toThrow("no pair works");
    expect(inner.queryConsent).not.toHaveBeenCalled();
  });

  it.each(["connect", "checkComplete", "queryConsent", "setState"])(
    "is refused by name when werift has no %s",
    (member) => {
      const inner = connection();
      inner[member] = undefined;
      expect(() => connectOnNomination(pc)).toThrow(`has no ${member} in its ICE connection`);
    },
  );
});
