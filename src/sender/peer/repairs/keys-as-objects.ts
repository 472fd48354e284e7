import crypto, { type CipherKey, createSecretKey } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

type WithKey = (algorithm: never, key: CipherKey, ...rest: never[]) => unknown;

const NAMES = ["createHmac", "createCipheriv", "createDecipheriv"] as const;

/**
 * Node 24 learns that a key is bytes by two exceptions that it throws and catches itself, which is most of the time that an
 * HMAC or a cipher takes to begin: 30 to 45 µs of 37 and 51, here. werift 0.25.2 gives all keys as bytes, and begins dozens
 * while a viewer waits. With this Node is given what it looks for first. For the whole thread, whoever calls them.
 */
export function giveKeysAsObjects(): void {
  for (const name of NAMES) {
    const make: WithKey = crypto[name];
    if (given.has(make)) continue;
    const withObject: WithKey = (algorithm, key, ...rest) =>
      make(algorithm, ArrayBuffer.isView(key) ? createSecretKey(key as NodeJS.ArrayBufferView) : key, ...rest);
    given.add(withObject);
    Reflect.set(crypto, name, withObject);
  }
  // What was imported by its name follows.
  syncBuiltinESMExports();
}

const given = new WeakSet<WithKey>();
