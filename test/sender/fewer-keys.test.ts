import crypto, { KeyObject } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { classes, Message, methods, RTCDtlsTransport, RTCPeerConnection } from "werift";
import { readCertificateOnce } from "../../src/sender/peer/repairs/certificate-once.ts";
import { giveKeysAsObjects } from "../../src/sender/peer/repairs/keys-as-objects.ts";
import { deriveNoSpareKeys } from "../../src/sender/peer/repairs/no-spare-srtp.ts";
import { requireAsWerift } from "../../src/sender/peer/repairs/werifts-own.ts";

// What is mended for a whole thread must not be mended here before: this file has a process of its own.

describe("giveKeysAsObjects", () => {
  const { createHmac, createCipheriv, createDecipheriv } = crypto;
  const given: unknown[] = [];

  beforeEach(() => {
    given.length = 0;
    const noting: typeof createHmac = (algorithm, key) => {
      given.push(key);
      return createHmac(algorithm, key);
    };
    crypto.createHmac = noting;
    syncBuiltinESMExports();
  });

  afterEach(() => {
    Object.assign(crypto, { createHmac, createCipheriv, createDecipheriv });
    syncBuiltinESMExports();
  });

  const sign = () =>
    new Message(methods.BINDING, classes.REQUEST)
      .addMessageIntegrity(Buffer.from("a password"))
      .getAttributeValue("MESSAGE-INTEGRITY");

  it("is needed: werift gives bytes", () => {
    sign();
    expect(given).toEqual([Buffer.from("a password")]);
  });

  it("has werift give what Node looks for, and changes no result", () => {
    giveKeysAsObjects();
    sign();
    expect(given).toEqual([expect.any(KeyObject)]);
  });

  it("gives one object, however often it is called", () => {
    giveKeysAsObjects();
    const { createHmac: mended } = crypto;
    giveKeysAsObjects();
    expect(crypto.createHmac).toBe(mended);
  });

  it.each([
    ["bytes", Buffer.from("Jefe")],
    ["a view of a part", new Uint8Array(Buffer.from("--Jefe--")).subarray(2, 6)],
    ["words", "Jefe"],
    ["an object", crypto.createSecretKey(Buffer.from("Jefe"))],
  ])("a key of %s is the same key (RFC 4231, test case 2)", (_, key) => {
    giveKeysAsObjects();
    const mac = crypto.createHmac("sha256", key).update("what do ya want for nothing?").digest("hex");
    expect(mac).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  });

  it("ciphers as before (FIPS 197, appendix C.1), there and back, with what else they are told", () => {
    giveKeysAsObjects();
    const [key, text] = [hex("000102030405060708090a0b0c0d0e0f"), hex("00112233445566778899aabbccddeeff")];
    const cipher = crypto.createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    expect(cipher.update(text).toString("hex")).toBe("69c4e0d86a7b0430d8cdb78070b4c55a");
    const vector = Buffer.alloc(12);
    const sealing = crypto.createCipheriv("aes-128-gcm", key, vector, { authTagLength: 12 });
    const sealed = Buffer.concat([sealing.update(text), sealing.final()]);
    const opening = crypto.createDecipheriv("aes-128-gcm", key, vector, { authTagLength: 12 });
    opening.setAuthTag(sealing.getAuthTag());
    expect(Buffer.concat([opening.update(sealed), opening.final()])).toEqual(text);
  });

  it("refuses a key of the wrong length as Node does", () => {
    giveKeysAsObjects();
    expect(() => crypto.createCipheriv("aes-128-ecb", Buffer.alloc(15), null)).toThrow("Invalid key length");
  });
});

describe("deriveNoSpareKeys", () => {
  let pc: RTCPeerConnection;
  const key = Buffer.alloc(16);
  const salt = Buffer.alloc(14);
  const extractSessionKeys = vi.fn(() => ({ localKey: key, localSalt: salt, remoteKey: key, remoteSalt: salt }));

  beforeEach(() => {
    pc = new RTCPeerConnection({ iceServers: [] });
    pc.addTransceiver("video", { direction: "sendonly" });
    extractSessionKeys.mockClear();
  });
  afterEach(() => pc.close());

  function connected(): RTCDtlsTransport {
    const [transport] = pc.dtlsTransports;
    Reflect.set(transport ?? {}, "dtls", { srtp: { srtpProfile: 1 }, extractSessionKeys, close() {} });
    return transport as RTCDtlsTransport;
  }

  it("is needed: werift derives keys as soon as DTLS is through", () => {
    connected().startSrtp();
    expect(extractSessionKeys).toHaveBeenCalledOnce();
  });

  it("derives none, and until media begins hears of nothing", () => {
    deriveNoSpareKeys(pc);
    const transport = connected();
    transport.startSrtp();
    expect(extractSessionKeys).not.toHaveBeenCalled();
    const heard = vi.fn();
    transport.onRtcp.subscribe(heard);
    transport.iceTransport.connection.onData.execute(Buffer.from([0x80, 200, 0, 0, ...Buffer.alloc(40)]));
    transport.iceTransport.connection.onData.execute(Buffer.from([0x80, 96, 0, 0, ...Buffer.alloc(40)]));
    expect(heard).not.toHaveBeenCalled();
  });

  it("still ends a handshake that agreed on no SRTP profile", () => {
    deriveNoSpareKeys(pc);
    const transport = connected();
    Reflect.set(transport.dtls?.srtp ?? {}, "srtpProfile", undefined);
    expect(() => transport.startSrtp()).toThrow("no SRTP profile");
  });

  it("is refused by name when werift derives its keys elsewhere", () => {
    Reflect.set(pc.dtlsTransports[0] ?? {}, "updateSrtpSession", undefined);
    expect(() => deriveNoSpareKeys(pc)).toThrow("see deriveNoSpareKeys");
  });
});

describe("readCertificateOnce", () => {
  type Library = Record<"Certificate" | "PrivateKey", { fromPEM(pem: Buffer): object }>;
  const library = requireAsWerift("@fidm/x509") as Library;
  const { fromPEM } = library.Certificate;
  const { fromPEM: keyFromPem } = library.PrivateKey;

  afterEach(() => {
    library.Certificate.fromPEM = fromPEM;
    library.PrivateKey.fromPEM = keyFromPem;
  });

  const certificate = async () => (await RTCDtlsTransport.SetupCertificate()).certPem;

  it("is needed: werift reads it each time that its fingerprint is asked for", async () => {
    const own = await RTCDtlsTransport.SetupCertificate();
    const read = vi.spyOn(library.Certificate, "fromPEM");
    const [once, again] = [own.getFingerprints(), own.getFingerprints()];
    expect(again).toEqual(once);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it("reads each once while it stays the same, with the same fingerprint", async () => {
    const own = await RTCDtlsTransport.SetupCertificate();
    const before = own.getFingerprints();
    const read = vi.spyOn(library.Certificate, "fromPEM");
    readCertificateOnce();
    expect([own.getFingerprints(), own.getFingerprints()]).toEqual([before, before]);
    expect(read).toHaveBeenCalledOnce();
  });

  it("reads another one anew, and what cannot be read each time", async () => {
    readCertificateOnce();
    const own = library.Certificate.fromPEM(Buffer.from(await certificate()));
    expect(library.Certificate.fromPEM(Buffer.from(await certificate()))).toBe(own);
    const { privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { privateKey: other } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
    const read = (key: KeyObject) =>
      library.PrivateKey.fromPEM(Buffer.from(key.export({ type: "pkcs8", format: "pem" })));
    expect(read(other)).not.toBe(read(privateKey));
    for (let i = 0; i < 2; i++) expect(() => library.Certificate.fromPEM(Buffer.from("no certificate"))).toThrow();
  });

  it("is refused by name when werift reads certificates elsewhere", () => {
    Reflect.set(library.Certificate, "fromPEM", undefined);
    expect(() => readCertificateOnce()).toThrow("see readCertificateOnce");
  });
});

function hex(digits: string): Buffer {
  return Buffer.from(digits, "hex");
}
