import { describe, expect, it } from "vitest";
import { SrtcpSession } from "werift";
import { sharedCm } from "../../src/sender/peer/native/cm.ts";
import { sharedGcm } from "../../src/sender/peer/native/gcm.ts";
import { type SharedCiphers, SrtcpReceiver, SrtcpSender } from "../../src/sender/peer/srtcp.ts";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../../src/sender/peer/srtp-keys.ts";
import { Random } from "../support/random.ts";

const shared: SharedCiphers = { cm: sharedCm(), gcm: sharedGcm() };
const CASES = [
  ["AES-CM by Node's cipher", AES_CM_128_HMAC_SHA1_80, 14, {}],
  ["AES-CM by the shared cipher, where there is one", AES_CM_128_HMAC_SHA1_80, 14, shared],
  ["AES-GCM by Node's cipher", AEAD_AES_128_GCM, 12, {}],
  ["AES-GCM by the shared cipher, where there is one", AEAD_AES_128_GCM, 12, shared],
] as const;

describe.each(CASES)("a viewer's SRTCP under %s", (_, profile, saltBytes, ciphers) => {
  const random = new Random(profile);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.below(256)));
  const [key, salt] = [bytes(16), bytes(saltBytes)];
  const keys = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };

  function ends() {
    const session = new SrtcpSession({ keys, profile });
    const receiver = new SrtcpReceiver(profile, { key, salt }, ciphers);
    const compound = (length: number, ssrc = 0xdeadbeef) => {
      const made = bytes(length);
      made.writeUInt32BE(ssrc, 4);
      return made;
    };
    return { receiver, compound, protect: (plain: Buffer) => session.encrypt(Buffer.from(plain)) };
  }

  it("is read as werift writes it, whatever its size", () => {
    const { receiver, compound, protect } = ends();
    for (const length of [8, 9, 12, 23, 24, 25, 100, 1_000]) {
      const plain = compound(length);
      expect(receiver.open(protect(plain))).toEqual(plain);
    }
  });

  it("is nothing with any bit of it changed, cut short or long", () => {
    const { receiver, compound, protect } = ends();
    const packet = protect(compound(40));
    for (let bit = 0; bit < packet.length * 8; bit++) {
      const forged = Buffer.from(packet);
      forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(receiver.open(forged)).toBeUndefined();
    }
    for (let length = 0; length < packet.length; length++) {
      expect(receiver.open(packet.subarray(0, length))).toBeUndefined();
    }
    expect(receiver.open(Buffer.concat([packet, Buffer.alloc(4)]))).toBeUndefined();
    expect(receiver.open(packet)).toBeDefined();
  });

  it("is read once: a replay is nothing, a late packet is something", () => {
    const { receiver, compound, protect } = ends();
    const packets = Array.from({ length: 200 }, () => protect(compound(20)));
    const open = (i: number) => receiver.open(packets[i] as Buffer) !== undefined;
    expect([open(0), open(0)]).toEqual([true, false]);
    expect([open(10), open(5), open(5), open(10), open(6)]).toEqual([true, true, false, false, true]);
    expect([open(150), open(150 - 63), open(150 - 64), open(150 - 63), open(10)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(open(199)).toBe(true);
  });

  it("counts for each SSRC by itself, as the viewer does", () => {
    const { receiver, compound, protect } = ends();
    const [first, second] = [0xdeadbeef, 1].map((ssrc) =>
      Array.from({ length: 100 }, () => protect(compound(20, ssrc))),
    ) as [Buffer[], Buffer[]];
    const open = (packets: Buffer[], i: number) => receiver.open(packets[i] as Buffer) !== undefined;
    expect([open(first, 99), open(second, 0)]).toEqual([true, true]);
    expect([open(second, 3), open(second, 1), open(first, 98)]).toEqual([true, true, true]);
    expect([open(second, 0), open(second, 1), open(second, 3)]).toEqual([false, false, false]);
    expect([open(first, 99), open(first, 98), open(first, 35)]).toEqual([false, false, false]);
    expect([open(second, 99), open(first, 97), open(second, 35)]).toEqual([true, true, false]);
  });

  it("does not open under another SSRC, and forged ones take no place", () => {
    const { receiver, compound, protect } = ends();
    const packet = protect(compound(20));
    for (let ssrc = 0; ssrc < 100; ssrc++) {
      const forged = Buffer.from(packet);
      forged.writeUInt32BE(ssrc, 4);
      expect(receiver.open(forged)).toBeUndefined();
    }
    expect(receiver.open(packet)).toBeDefined();
  });

  it("remembers so many SSRCs and no more, and hears those on", () => {
    const { receiver, compound, protect } = ends();
    const packets = Array.from({ length: 100 }, (_, ssrc) => protect(compound(20, ssrc)));
    expect(packets.filter((packet) => receiver.open(packet)).length).toBe(32);
    expect(receiver.open(protect(compound(20, 0)))).toBeDefined();
    expect(receiver.open(packets[0] as Buffer)).toBeUndefined();
  });
});

describe.each(CASES)("this end's SRTCP under %s", (_, profile, saltBytes, ciphers) => {
  const random = new Random(profile);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.below(256)));
  const [key, salt] = [bytes(16), bytes(saltBytes)];
  const keys = { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt };
  const report = (length: number) => {
    const made = bytes(length);
    made.writeUInt32BE(0xcafe, 4);
    return made;
  };

  it("is read by werift, whatever its size", () => {
    const [sender, viewer] = [new SrtcpSender(profile, { key, salt }, ciphers), new SrtcpSession({ keys, profile })];
    for (const length of [8, 12, 24, 28, 56, 1_000]) {
      const plain = report(length);
      const before = Buffer.from(plain);
      expect(viewer.decrypt(sender.seal(plain))).toEqual(plain);
      expect(plain).toEqual(before);
    }
  });

  it("never bears an index twice, nor one that werift may have used before", () => {
    const sender = new SrtcpSender(profile, { key, salt }, ciphers);
    const fromEnd = profile === AEAD_AES_128_GCM ? 4 : 14;
    const indices = Array.from({ length: 100 }, () => {
      const packet = sender.seal(report(28));
      return packet.readUInt32BE(packet.length - fromEnd) - 0x80000000;
    });
    expect(new Set(indices).size).toBe(100);
    expect(Math.min(...indices)).toBeGreaterThan(1_000);
  });
});
