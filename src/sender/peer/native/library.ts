import { createRequire } from "node:module";

type Koffi = Pick<typeof import("koffi"), "load" | "address" | "errno">;

/** Addresses are numbers: user space ends far below 2^53 on the machines that are spoken to. */
export type Address = number;

/** What is called of the C library and of the OpenSSL inside Node, neither of which Node itself gives access to. */
export interface NativeLibrary {
  /** POSIX sendmsg(2): -1 on failure. */
  sendmsg(socket: number, message: Address, flags: number): number;
  /** POSIX setsockopt(2): -1 on failure. */
  setsockopt(socket: number, level: number, name: number, value: Address, bytes: number): number;
  /** Of the last call that failed. */
  errno(): number;
  /** Valid as long as the memory is held. */
  addressOf(memory: ArrayBufferLike): Address;
  evpCipherCtxNew(): Address;
  evpAes128Gcm(): Address;
  evpAes128Ctr(): Address;
  /** What is 0 stays as it was. @param encrypts 1 to encrypt, 0 to decrypt */
  evpCipherInit(
    context: Address,
    cipher: Address,
    engine: Address,
    key: Address,
    iv: Address,
    encrypts: number,
  ): number;
  /** @param length where to write how many bytes were written, as a C int */
  evpCipherUpdate(context: Address, out: Address, length: Address, text: Address, bytes: number): number;
  evpCipherFinal(context: Address, out: Address, length: Address): number;
  evpCipherCtxCtrl(context: Address, command: number, bytes: number, data: Address): number;
  /** @param state SHA_CTX, 96 bytes; holds no address, so that a copy goes on from where it was taken @returns 1, or 0 on failure */
  sha1Init(state: Address): number;
  sha1Update(state: Address, bytes: Address, length: number): number;
  /** @param digest where to write its 20 bytes */
  sha1Final(digest: Address, state: Address): number;
}

/** Where the structures are laid out as they are written here: Linux, 64 bits, little-endian. */
const MACHINES = ["x64", "arm64"];

let library: { loaded: NativeLibrary | undefined } | undefined;

/** @returns nothing where koffi is not installed, or the machine is another one: everything works without, at more cost */
export function nativeLibrary(): NativeLibrary | undefined {
  library ??= { loaded: load() };
  return library.loaded;
}

function load(): NativeLibrary | undefined {
  if (process.platform !== "linux" || !MACHINES.includes(process.arch)) return undefined;
  try {
    return bind(createRequire(import.meta.url)("koffi") as Koffi);
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi): NativeLibrary {
  const self = koffi.load(null);
  const address = "uintptr_t";
  return {
    sendmsg: self.func("sendmsg", "intptr_t", ["int", address, "int"]),
    setsockopt: self.func("setsockopt", "int", ["int", "int", "int", address, "uint32_t"]),
    errno: () => koffi.errno(),
    addressOf: (memory) => Number(koffi.address(memory)),
    evpCipherCtxNew: self.func("EVP_CIPHER_CTX_new", address, []),
    evpAes128Gcm: self.func("EVP_aes_128_gcm", address, []),
    evpAes128Ctr: self.func("EVP_aes_128_ctr", address, []),
    evpCipherInit: self.func("EVP_CipherInit_ex", "int", [address, address, address, address, address, "int"]),
    evpCipherUpdate: self.func("EVP_CipherUpdate", "int", [address, address, address, address, "int"]),
    evpCipherFinal: self.func("EVP_CipherFinal_ex", "int", [address, address, address]),
    evpCipherCtxCtrl: self.func("EVP_CIPHER_CTX_ctrl", "int", [address, "int", "int", address]),
    sha1Init: self.func("SHA1_Init", "int", [address]),
    sha1Update: self.func("SHA1_Update", "int", [address, address, "size_t"]),
    sha1Final: self.func("SHA1_Final", "int", [address, address]),
  };
}
