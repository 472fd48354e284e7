import { describe, expect, it } from "vitest";
import { ProtectionProfileAeadAes128Gcm, ProtectionProfileAes128CmHmacSha1_80, SrtpSession } from "werift";
import { type Cm, sharedCm } from "../../src/sender/peer/native/cm.ts";
import { type Gcm, sharedGcm } from "../../src/sender/peer/native/gcm.ts";
import { LEAD_BYTES, Slab } from "../../src/sender/peer/slab.ts";
import { makeProtector, type RtpProtector } from "../../src/sender/peer/srtp.ts";
import { AesCmProtector } from "../../src/sender/peer/srtp-cm.ts";
import { SharedCmProtector } from "../../src/sender/peer/srtp-cm-shared.ts";
import { AesGcmProtector, SharedGcmProtector } from "../../src/sender/peer/srtp-gcm.ts";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80, deriveSessionKeys } from "../../src/sender/peer/srtp-keys.ts";
import { Random } from "../support/random.ts";

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ""), "hex");
const NO_AUTH = Buffer.alloc(20);

function protect(protector: RtpProtector, header: Buffer, payload: Buffer, index: number): Buffer {
  const room = new Slab().take(header.length + payload.length + protector.overheadBytes);
  header.copy(room.bytes, room.at);
  return protector.protect(room, header.length, payload, index);
}

describe("the RFCs' own examples", () => {
  it("RFC 3711 B.3: session keys", () => {
    const master = { key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6") };
    const keys = deriveSessionKeys(master, "rtp");
    expect(keys.cipherKey).toEqual(hex("C61E7A93744F39EE10734AFE3FF7A087"));
    expect(keys.salt).toEqual(hex("30CBBC08863D8C85D49DB34A9AE1"));
    expect(keys.authKey).toEqual(hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
  });

  it("RFC 3711 B.2: key stream", () => {
    const keys = {
      cipherKey: hex("2B7E151628AED2A6ABF7158809CF4F3C"),
      salt: hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"),
      authKey: NO_AUTH,
    };
    const made = protect(new AesCmProtector(keys, 0, 1), Buffer.alloc(12), Buffer.alloc(48), 0);
    expect(made.subarray(12, 60)).toEqual(
      hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"),
    );
  });

  it("a whole AES-CM packet, as libsrtp's self-test has it", () => {
    const master = { key: hex("E1F97A0D3E018BE0D64FA32C06DE4139"), salt: hex("0EC675AD498AFEEBB6960B3AABE6") };
    const protector = makeProtector(AES_CM_128_HMAC_SHA1_80, master, 0xcafebabe);
    expect(protect(protector, hex("800f1234decafbadcafebabe"), Buffer.alloc(16, 0xab), 0x1234)).toEqual(
      hex("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb"),
    );
  });

  it("RFC 7714 16.1.1: a whole AES-GCM packet", () => {
    const keys = {
      cipherKey: hex("000102030405060708090a0b0c0d0e0f"),
      salt: hex("51756964 2070726f 2071756f"),
      authKey: NO_AUTH,
    };
    const header = hex("8040f17b 8041f8d3 5501a0b2");
    const payload = Buffer.from("Gallia est omnis divisa in partes tres");
    expect(protect(new AesGcmProtector(keys, 0x5501a0b2), header, payload, 0xf17b)).toEqual(
      Buffer.concat([
        header,
        hex("f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"),
        hex("899d7f27 beb16a91 52cf765e e4390cce"),
      ]),
    );
  });
});

type Make = typeof makeProtector;
const byNodesCipher: Make = (_, master, ssrc) => new AesGcmProtector(deriveSessionKeys(master, "rtp"), ssrc);
const bySharedCipher: Make = (_, master, ssrc) =>
  new SharedGcmProtector(sharedGcm() as Gcm, deriveSessionKeys(master, "rtp"), ssrc);
const byNodesCm: Make = (_, master, ssrc, ahead = 1) =>
  new AesCmProtector(deriveSessionKeys(master, "rtp"), ssrc, ahead);
const bySharedCm: Make = (_, master, ssrc) =>
  new SharedCmProtector(sharedCm() as Cm, deriveSessionKeys(master, "rtp"), ssrc);
const PROTECTORS: [string, number, number, number, Make][] = [
  ["AES-CM by Node's cipher", AES_CM_128_HMAC_SHA1_80, ProtectionProfileAes128CmHmacSha1_80, 14, byNodesCm],
  ["AES-GCM by Node's cipher", AEAD_AES_128_GCM, ProtectionProfileAeadAes128Gcm, 12, byNodesCipher],
];
if (sharedGcm() && sharedCm()) {
  PROTECTORS.push(
    ["AES-CM by a shared cipher", AES_CM_128_HMAC_SHA1_80, ProtectionProfileAes128CmHmacSha1_80, 14, bySharedCm],
    ["AES-GCM by a shared cipher", AEAD_AES_128_GCM, ProtectionProfileAeadAes128Gcm, 12, bySharedCipher],
  );
}

describe.each(PROTECTORS)("%s", (_, profile, weriftProfile, saltBytes, make) => {
  const random = new Random(profile);
  const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.below(256)));
  const [key, salt] = [bytes(16), bytes(saltBytes)];
  const ssrc = 0x89abcdef;
  const receiver = () =>
    new SrtpSession({
      keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt },
      profile: weriftProfile,
    });

  function headerFor(index: number): Buffer {
    const header = Buffer.alloc(12);
    header[0] = 0x80;
    header.writeUInt16BE(index % 0x10000, 2);
    header.writeUInt32BE(ssrc, 8);
    return header;
  }

  it("is read by werift, in sizes of all kinds, over two wraps of the sequence number", () => {
    const protector = make(profile, { key, salt }, ssrc, 8);
    const session = receiver();
    for (let index = 0xff00; index < 0x20100; index++) {
      const near = (index + 0x80) % 0x10000 < 0x100;
      // Far from the wraps a few tell werift that time goes on.
      if (!near && index % 64) continue;
      const header = headerFor(index);
      const payload = bytes(near ? random.below(1_200) : 1);
      expect(session.decrypt(protect(protector, header, payload, index))).toEqual(Buffer.concat([header, payload]));
    }
  });

  it("is the same whatever was protected before", () => {
    const used = make(profile, { key, salt }, ssrc, 8);
    const payload = bytes(700);
    for (const [index, length] of [
      [0, 10],
      [1, 1_150],
      [6, 3],
      [40, 1_151],
    ] as const)
      protect(used, headerFor(index), bytes(length), index);
    const fresh = make(profile, { key, salt }, ssrc, 1);
    for (const index of [44, 3, 0x1_0000_0003]) {
      expect(protect(used, headerFor(index), payload, index)).toEqual(protect(fresh, headerFor(index), payload, index));
    }
  });

  it("leaves the payload, which is everybody's, and the neighbouring packets as they are", () => {
    const slab = new Slab();
    const protector = make(profile, { key, salt }, ssrc, 8);
    const payload = bytes(333);
    const before = Buffer.from(payload);
    const makePacket = (index: number) => {
      const room = slab.take(12 + payload.length + protector.overheadBytes);
      headerFor(index).copy(room.bytes, room.at);
      return protector.protect(room, 12, payload, index);
    };
    const packets = Array.from({ length: 5 }, (_, index) => makePacket(index));
    expect(payload).toEqual(before);
    const session = receiver();
    for (const packet of packets) expect(session.decrypt(packet).subarray(12)).toEqual(payload);
  });

  it("keeps two viewers' streams apart, packet by packet", () => {
    const others = { key: bytes(16), salt: bytes(saltBytes) };
    const protectors = [make(profile, { key, salt }, ssrc, 1), make(profile, others, ssrc, 1)] as const;
    const alone = make(profile, { key, salt }, ssrc, 1);
    const payload = bytes(500);
    for (const index of [5, 6, 7]) {
      const [first, second] = protectors.map((each) => protect(each, headerFor(index), payload, index));
      expect(first).not.toEqual(second);
      expect(first).toEqual(protect(alone, headerFor(index), payload, index));
    }
  });
});

it("refuses a profile that it does not speak", () => {
  expect(() => makeProtector(0x0002, { key: Buffer.alloc(16), salt: Buffer.alloc(14) }, 1)).toThrow("0x0002");
});

describe("the slab", () => {
  it("gives what was given back again, and nothing that was not", () => {
    const slab = new Slab();
    const before = slab.take(1_200);
    for (const rooms of [1, 5, 80]) {
      const { mark } = slab;
      const first = slab.take(1_200);
      for (let i = 1; i < rooms; i++) slab.take(1_200);
      const last = slab.take(1_200);
      slab.giveBack(mark);
      const again = slab.take(1_200);
      if (last.bytes === first.bytes) expect([again.bytes, again.at]).toEqual([first.bytes, first.at]);
      else expect([again.bytes, again.at]).toEqual([last.bytes, LEAD_BYTES]);
      expect(again.bytes !== before.bytes || again.at > before.at).toBe(true);
    }
  });

  it("gives rooms that do not touch, word by word, and a slab of its own to what is larger than one", () => {
    const slab = new Slab();
    const rooms = [1_231, 3, 200_000, 64, 1_200].map((length) => ({ ...slab.take(length), length }));
    for (const [i, room] of rooms.entries()) {
      expect(room.at % 4).toBe(0);
      expect(room.at + room.length).toBeLessThanOrEqual(room.bytes.length);
      expect(room.words.buffer).toBe(room.bytes.buffer);
      const previous = rooms[i - 1];
      if (previous?.bytes === room.bytes) {
        expect(room.at - LEAD_BYTES).toBeGreaterThanOrEqual(previous.at + previous.length);
      }
    }
  });
});
