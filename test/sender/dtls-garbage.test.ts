import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Certificate, DtlsLink, ecdsaCertificate, type Tamper } from "../support/dtls.ts";

let viewers: Certificate;
let cameras: Certificate;
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);

beforeAll(async () => {
  [viewers, cameras] = await Promise.all([ecdsaCertificate(), ecdsaCertificate()]);
});

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
});

afterEach(() => {
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
});

describe("whatever bytes come", () => {
  it.each([1, 2, 3, 4])(
    "mutated handshakes do not crash, nor connect without the same keys (seed %i)",
    async (seed) => {
      const random = generator(seed);
      let mutated = 0;
      let connected = 0;
      for (let round = 0; round < 25; round++) {
        const tamper: Tamper = (datagram) => {
          if (random() < 0.6) return [datagram];
          mutated++;
          return mutate(datagram, random);
        };
        using link = open(round % 2 ? { toServer: tamper } : { toServer: tamper, toClient: tamper });
        link.connect();
        await link.settle(30);
        if (!link.connected.includes("server")) continue;
        connected++;
        expect(link.server.extractSessionKeys(16, 14).remoteKey).toEqual(
          link.client.extractSessionKeys(16, 14).localKey,
        );
      }
      expect(mutated).toBeGreaterThan(20);
      expect(connected).toBeGreaterThan(0);
      expect(connected).toBeLessThan(25);
      expect(unhandled).toEqual([]);
      await expectHonestConnection();
    },
  );

  it("noise before, during and after a handshake does not keep an honest client out", async () => {
    const random = generator(5);
    using link = open({});
    const noise = (count: number) => {
      for (let i = 0; i < count; i++) link.inject(noiseRecord(random));
    };
    noise(500);
    link.connect();
    for (let turn = 0; turn < 30; turn++) {
      noise(20);
      await link.settle(1);
    }
    await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 4_000 });
    const keys = link.server.extractSessionKeys(16, 14);
    for (let i = 0; i < 2_000; i++) {
      const sent = link.sentByClient[Math.floor(random() * link.sentByClient.length)];
      link.inject(noiseRecord(random));
      for (const bytes of mutate(sent ?? Buffer.alloc(0), random)) link.inject(bytes);
    }
    await link.client.send(Buffer.from("still here"));
    await link.settle();
    expect(link.serverData).toEqual(["still here"]);
    expect(link.server.extractSessionKeys(16, 14)).toEqual(keys);
    expect(link.errors).toEqual([]);
    expect(unhandled).toEqual([]);
  });
});

function open(tampers: { toServer?: Tamper; toClient?: Tamper }): DtlsLink {
  const guarded = { client: true, server: true };
  return new DtlsLink({ clientCertificate: viewers, serverCertificate: cameras, guarded, ...tampers });
}

async function expectHonestConnection(): Promise<void> {
  using link = open({});
  link.connect();
  await vi.waitFor(() => expect(link.connected).toEqual(["server", "client"]), { timeout: 4_000 });
}

/** Not cryptographic: the same seed gives the same test (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function bytes(count: number, random: () => number): Buffer {
  return Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
}

/** Loses, doubles, cuts, lengthens, joins to noise, or changes up to four bytes, headers more often than the rest. */
function mutate(datagram: Buffer, random: () => number): Buffer[] {
  const choice = Math.floor(random() * 7);
  if (choice === 0) return [];
  if (choice === 1) return [datagram, datagram];
  if (choice === 2) return [datagram.subarray(0, Math.floor(random() * datagram.length))];
  if (choice === 3) return [Buffer.concat([datagram, bytes(20, random)])];
  if (choice === 4) return [noiseRecord(random), datagram];
  const changed = Buffer.from(datagram);
  for (let i = 0; i <= random() * 4 && changed.length > 0; i++)
    changed[Math.floor(random() * Math.min(changed.length, random() < 0.5 ? 25 : changed.length))] = random() * 256;
  return [changed];
}

/** Looks like DTLS for a while; but never an alert in the clear, which ends a handshake by rights. */
function noiseRecord(random: () => number): Buffer {
  const kind = random();
  if (kind < 0.3) return Buffer.concat([Buffer.from([20 + Math.floor(random() * 44)]), bytes(random() * 60, random)]);
  const content = bytes(kind < 0.6 ? 40 : random() * 12, random);
  const header = Buffer.from([
    20 + Math.floor(random() * 44),
    254,
    253,
    0,
    random() < 0.5 ? 0 : 1,
    0,
    0,
    0,
    0,
    0,
    9,
    0,
    0,
  ]);
  header.writeUInt16BE(content.length, 11);
  if (header[0] === 21 && header[4] === 0) header[0] = 24;
  return Buffer.concat([header, content]);
}
