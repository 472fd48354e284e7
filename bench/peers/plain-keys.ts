import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

const { createHmac, createCipheriv, createDecipheriv } = crypto;

/**
 * Gives a peer Node as it comes, without `giveKeysAsObjects`.
 * @throws when this was loaded after what calls that
 */
export function takeKeysAsTheyCome(): void {
  if (crypto.createHmac === createHmac) throw new Error("what alters Node was loaded first: see node-sender.ts");
  Object.assign(crypto, { createHmac, createCipheriv, createDecipheriv });
  syncBuiltinESMExports();
}
