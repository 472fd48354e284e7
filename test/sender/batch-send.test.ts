import { createSocket, type Socket, type SocketType } from "node:dgram";
import { once } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { BatchSend, type BatchTarget, sharedBatchSend } from "../../src/sender/peer/native/batch-send.ts";
import { sharedCm } from "../../src/sender/peer/native/cm.ts";
import { descriptorOf } from "../../src/sender/peer/native/datagram-socket.ts";
import { sharedGcm } from "../../src/sender/peer/native/gcm.ts";
import { type NativeLibrary, nativeLibrary } from "../../src/sender/peer/native/library.ts";
import { endOfRun } from "../../src/sender/peer/native/segments.ts";
import { socketAddress } from "../../src/sender/peer/native/socket-address.ts";
import { withoutChecksums } from "../support/without-checksums.ts";

const EAGAIN = 11;

// All that is skipped below is skipped on other machines only.
it.runIf(process.platform === "linux" && ["x64", "arm64"].includes(process.arch))(
  "the native library is there where it is promised, with OpenSSL's ciphers as published",
  () => {
    expect(nativeLibrary()).toBeDefined();
    expect([sharedBatchSend(), sharedGcm(), sharedCm()]).not.toContain(undefined);
  },
);

describe("datagrams that one call can send", () => {
  const runs = (lengths: number[]) => {
    const datagrams = lengths.map((length) => ({ length }));
    const found: number[] = [];
    for (let from = 0, to = 0; from < datagrams.length; from = to) {
      to = endOfRun(datagrams, from);
      found.push(to - from);
    }
    return found;
  };

  it.each([
    ["nothing", [], []],
    ["one", [100], [1]],
    ["a picture: all alike, the last shorter", [100, 100, 100, 40], [4]],
    ["a keyframe: its parameters are shorter than what follows", [30, 100, 100, 40], [1, 3]],
    ["two slices, each with its rest", [100, 100, 40, 100, 100, 50], [3, 3]],
    ["ever shorter ones", [100, 90, 80, 70], [2, 2]],
    ["ever longer ones", [70, 80, 90], [1, 1, 1]],
    ["no more than 64", Array(130).fill(100), [64, 64, 2]],
    ["no more bytes than one datagram may have", Array(70).fill(1_200), [54, 16]],
    ["a shorter one that would be too much", [...Array(54).fill(1_200), 800], [54, 1]],
  ])("%s", (_, lengths, expected) => {
    expect(runs(lengths)).toEqual(expected);
  });
});

describe("a socket's address", () => {
  it.each([
    ["192.0.2.7", "0200 1f90 c0000207 0000000000000000"],
    ["2001:db8::7", "0a00 1f90 00000000 20010db8000000000000000000000007 00000000"],
    ["::1", "0a00 1f90 00000000 00000000000000000000000000000001 00000000"],
    ["fe80::", "0a00 1f90 00000000 fe800000000000000000000000000000 00000000"],
    ["1:2:3:4:5:6:7:8", "0a00 1f90 00000000 00010002000300040005000600070008 00000000"],
    ["fe80::1%eth0", undefined],
    ["::ffff:192.0.2.7", undefined],
    ["viewer.local", undefined],
  ])("%s", (host, hex) => {
    expect(socketAddress(host, 8_080)?.toString("hex")).toEqual(hex?.replace(/ /g, ""));
  });
});

/** Two bound sockets, and what the second hears. */
async function pair(type: SocketType, host: string) {
  const [from, to] = [createSocket(type), createSocket({ type, recvBufferSize: 2 ** 20 })];
  const heard: Buffer[] = [];
  to.on("message", (datagram) => heard.push(datagram));
  for (const socket of [from, to]) {
    socket.bind(0, host);
    await once(socket, "listening");
  }
  const target: BatchTarget = {
    descriptor: descriptorOf(from) as number,
    address: socketAddress(host, to.address().port) as Buffer,
  };
  return {
    target,
    heard,
    from,
    [Symbol.dispose]: () => {
      from.close();
      to.close();
    },
  };
}

const made = (lengths: number[]) =>
  lengths.map((length, i) => {
    const datagram = Buffer.alloc(length);
    for (let at = 0; at < length; at++) datagram[at] = (i * 31 + at) % 251;
    return datagram;
  });

/** The real library, told apart by what it is called for. */
function watched(library: NativeLibrary, answer: (call: number) => "passes" | "fails" = () => "passes") {
  const watch = { calls: 0, failing: false };
  const sendmsg = vi.fn((...args: Parameters<NativeLibrary["sendmsg"]>) => {
    watch.failing = answer(watch.calls++) === "fails";
    return watch.failing ? -1 : library.sendmsg(...args);
  });
  const errno = () => (watch.failing ? EAGAIN : library.errno());
  return { library: { ...library, sendmsg, errno }, sendmsg };
}

describe.skipIf(!nativeLibrary())("a batch", () => {
  const library = nativeLibrary() as NativeLibrary;

  it.each([
    ["udp4", "127.0.0.1"],
    ["udp6", "::1"],
  ] as const)("arrives over %s as the datagrams that it was made of, in order", async (type, host) => {
    using ends = await pair(type, host);
    const datagrams = made([30, 1_184, 1_184, 1_184, 700, 1_100, 1_100, 1_101, 5, ...Array(80).fill(1_150)]);
    const { library: counting, sendmsg } = watched(library);
    expect(new BatchSend(counting).send(ends.target, datagrams)).toEqual({ taken: datagrams.length, refused: false });
    expect(sendmsg).toHaveBeenCalledTimes(6);
    await expect.poll(() => ends.heard).toHaveLength(datagrams.length);
    expect(ends.heard).toEqual(datagrams);
  });

  it("goes so far as there is room, and says how far", async () => {
    using ends = await pair("udp4", "127.0.0.1");
    const datagrams = made([1_000, 1_000, 400, 1_000, 400, 50]);
    const full = watched(library, (call) => (call === 1 ? "fails" : "passes"));
    expect(new BatchSend(full.library).send(ends.target, datagrams)).toEqual({ taken: 3, refused: false });
    await expect.poll(() => ends.heard).toEqual(datagrams.slice(0, 3));
  });

  it("is refused where the kernel will not cut it: as on a socket that counts no checksums", async () => {
    using ends = await pair("udp4", "127.0.0.1");
    withoutChecksums(ends.target.descriptor);
    const outcome = new BatchSend(library).send(ends.target, made([100, 100]));
    expect(outcome).toEqual({ taken: 0, refused: true });
    expect(new BatchSend(library).send(ends.target, made([100]))).toEqual({ taken: 1, refused: false });
  });

  it("is refused where the system knows no segments, before anything is sent", async () => {
    using ends = await pair("udp4", "127.0.0.1");
    const { library: watching, sendmsg } = watched(library);
    const ignorant = { ...watching, setsockopt: () => -1 };
    expect(new BatchSend(ignorant).send(ends.target, made([100, 100]))).toEqual({ taken: 0, refused: true });
    expect(sendmsg).not.toHaveBeenCalled();
  });

  it("may be sent to nobody, and that is no reason to give up on the socket", async () => {
    using ends = await pair("udp4", "127.0.0.1");
    const unreachable = { ...ends.target, address: socketAddress("240.0.0.1", 9) as Buffer };
    expect(new BatchSend(library).send(unreachable, made([100, 100]))).toMatchObject({ taken: 0 });
    expect(new BatchSend(library).send(ends.target, made([100, 100]))).toEqual({ taken: 2, refused: false });
  });
});

it("a socket's descriptor is known while it is open, and not after", async () => {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  expect(descriptorOf(socket)).toBeGreaterThan(2);
  socket.close();
  expect(descriptorOf(socket)).toBeUndefined();
  expect(descriptorOf({} as Socket)).toBeUndefined();
});
