/** Base64url without padding (RFC 4648 section 5), in every runtime the project has. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Undoes {@link toBase64Url}; `undefined` for text that is not base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** `count` bytes from the runtime's secure generator, as base64url. */
export function randomToken(count: number): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(count)));
}

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  // What the types leave open: an encoder's bytes are never shared with another thread.
  return encoder.encode(text) as Uint8Array<ArrayBuffer>;
}

/**
 * Compares without leaking where two byte strings first differ. Lengths are not hidden, so both
 * sides should be digests of equal length.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
