import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CandidatePair, CandidatePairState, RTCPeerConnection } from "werift";
import { keepEarlyHello } from "../../src/sender/peer/repairs/early-hello.ts";
import { type IceConnection, iceConnections } from "../../src/sender/peer/repairs/ice-werift.ts";
import { forgetDefaultStun } from "../../src/sender/peer/repairs/no-default-stun.ts";
import { connectOnNomination } from "../../src/sender/peer/repairs/prompt-ice.ts";
import { gatherWithin } from "../../src/sender/peer/repairs/trickle.ts";

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

  it.each([
    ["with it", true, "connected"],
    ["only at the next look without the repair", false, "new"],
  ])("is what ICE is called by %s", async (_, repaired, state) => {
    const [connection] = iceConnections(pc) as [IceConnection];
    const pair = {
      state: CandidatePairState.SUCCEEDED,
      nominated: true,
      component: 1,
      protocol: {},
      localCandidate: {},
      remoteCandidate: {},
      toJSON: () => ({}),
    } as unknown as CandidatePair;
    const known = { localCandidatesEnd: true, remoteUsername: "u", remotePassword: "p", checkList: [pair] };
    Object.assign(connection, known, {
      queryConsent: vi.fn(),
      // Its checks are under way until one has ended.
      schedulingChecks: () => !connection.checkListDone,
      findPair: () => pair,
      pairRemoteCandidate: () => {},
      unfreezeInitial: () => {},
      sortCheckList: () => {},
    });
    if (repaired) connectOnNomination(pc);
    const connecting = connection.connect();
    await Promise.resolve();
    connection.checkComplete(pair);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(connection.state).toBe(state);
    await connecting;
    expect(connection.state).toBe("connected");
    connection.nominated = undefined;
  });
});

describe("gatherWithin", () => {
  it.each([
    ["returns though a server does not answer", true, "set"],
    ["is needed: werift itself waits for every server", false, "waiting"],
  ])("%s", async (_, repaired, expected) => {
    const [connection] = iceConnections(pc) as [IceConnection];
    const silent = Promise.withResolvers<void>();
    connection.getCandidatePromises = () => [silent.promise];
    if (repaired) gatherWithin(pc, 20);
    const setting = pc.setLocalDescription(await pc.createOffer());
    expect(await Promise.race([setting.then(() => "set"), sleep(500, "waiting")])).toBe(expected);
    silent.resolve();
    await setting;
  });

  it("is refused by name when werift gathers elsewhere", () => {
    Reflect.set(pc, "gatherCandidates", undefined);
    expect(() => gatherWithin(pc, 20)).toThrow("see gatherWithin");
  });
});

describe("forgetDefaultStun", () => {
  it("is needed: werift itself asks a server of its own choice where none is named", () => {
    const [connection] = iceConnections(pc) as [IceConnection];
    expect(connection.stunServer).toBeDefined();
    forgetDefaultStun(pc);
    expect(connection.stunServer).toBeUndefined();
  });
});
