import { describe, expect, it } from "vitest";
import { Cm } from "../../src/sender/peer/native/cm.ts";
import { Gcm } from "../../src/sender/peer/native/gcm.ts";
import { type NativeLibrary, nativeLibrary } from "../../src/sender/peer/native/library.ts";
import { Slab } from "../../src/sender/peer/slab.ts";
import type { RtpProtector } from "../../src/sender/peer/srtp.ts";
import { SharedCmProtector } from "../../src/sender/peer/srtp-cm-shared.ts";
import { SharedGcmProtector } from "../../src/sender/peer/srtp-gcm.ts";
import { deriveSessionKeys } from "../../src/sender/peer/srtp-keys.ts";

const SSRC = 0x89abcdef;
const keys = (saltBytes: number) =>
  deriveSessionKeys({ key: Buffer.alloc(16, 7), salt: Buffer.alloc(saltBytes, 9) }, "rtp");

type Call = "evpCipherInit" | "evpCipherUpdate" | "evpCipherFinal" | "evpCipherCtxCtrl" | "sha1Update" | "sha1Final";
const MAKERS: [string, (library: NativeLibrary) => RtpProtector, readonly [Call, times: number][]][] = [
  [
    "AES-CM",
    (library) => new SharedCmProtector(new Cm(library), keys(14), SSRC),
    [
      ["evpCipherInit", 1],
      ["evpCipherUpdate", 1],
      ["sha1Update", 2],
      ["sha1Final", 2],
    ],
  ],
  [
    "AES-GCM",
    (library) => new SharedGcmProtector(new Gcm(library), keys(12), SSRC),
    [
      ["evpCipherInit", 1],
      ["evpCipherUpdate", 2],
      ["evpCipherFinal", 1],
      ["evpCipherCtxCtrl", 1],
    ],
  ],
];

const library = nativeLibrary();

describe.skipIf(!library).each(MAKERS)(
  "a packet under %s, when OpenSSL refuses a part of the work",
  (_, make, calls) => {
    const real = library as NativeLibrary;

    function protect(protector: RtpProtector, index: number): Buffer {
      const payload = Buffer.alloc(100, index);
      const room = new Slab().take(12 + payload.length + protector.overheadBytes);
      room.bytes.fill(0, room.at, room.at + 12);
      return Buffer.from(protector.protect(room, 12, payload, index));
    }

    const refusals = calls.flatMap(([call, times]) => Array.from({ length: times }, (_, nth) => [call, nth] as const));

    it.each(refusals)("%s, call %i: it does not leave, and the next is as it should be", (name, nth) => {
      let left = Number.POSITIVE_INFINITY;
      const refuse =
        (call: (...values: number[]) => number) =>
        (...values: number[]) =>
          left-- === 0 ? 0 : call(...values);
      const protector = make({ ...real, [name]: refuse(real[name] as (...values: number[]) => number) });
      const twin = make(real);
      expect(protect(protector, 1)).toEqual(protect(twin, 1));
      left = nth;
      expect(() => protect(protector, 2)).toThrow("OpenSSL refused");
      left = Number.POSITIVE_INFINITY;
      expect(protect(protector, 3)).toEqual(protect(twin, 3));
    });
  },
);
