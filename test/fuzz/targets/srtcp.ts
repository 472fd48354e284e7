import { SrtcpSession } from "werift";
import { SrtcpReceiver } from "../../../src/sender/peer/srtcp.ts";
import { AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80 } from "../../../src/sender/peer/srtp-keys.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

const KEY = Buffer.alloc(16, 7);
const PROFILES = [
  { profile: AES_CM_128_HMAC_SHA1_80, salt: Buffer.alloc(14, 9) },
  { profile: AEAD_AES_128_GCM, salt: Buffer.alloc(12, 9) },
] as const;
const REPORT = Buffer.from("80c9000155667788", "hex");

/** A viewer's RTCP as it comes from the network. An input is tried as it is, and as changes to a genuine packet. */
export default {
  maxBytes: 2_048,
  quickInputs: 300,
  covers: ["/src/sender/peer/"],
  run(input) {
    for (const { profile, salt } of PROFILES) {
      const receiver = new SrtcpReceiver(profile, { key: KEY, salt });
      must(receiver.open(input) === undefined, "a stranger's packet does not open");
      const genuine = protect(profile, salt);
      const forged = Buffer.from(genuine);
      for (const [i, byte] of input.entries()) {
        if (i < forged.length) forged[i] = (forged[i] as number) ^ byte;
      }
      if (!forged.equals(genuine)) must(receiver.open(forged) === undefined, "a changed packet does not open");
      must(receiver.open(genuine)?.equals(REPORT) ?? false, "the viewer's own opens after any of those");
      must(receiver.open(genuine) === undefined, "and only once");
    }
  },
} satisfies FuzzTarget;

function protect(profile: (typeof PROFILES)[number]["profile"], salt: Buffer): Buffer {
  const [localMasterKey, localMasterSalt] = [KEY, salt];
  const session = new SrtcpSession({
    keys: { localMasterKey, localMasterSalt, remoteMasterKey: KEY, remoteMasterSalt: salt },
    profile,
  });
  return session.encrypt(REPORT);
}
