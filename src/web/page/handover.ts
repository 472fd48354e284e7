import { type Ahead, abandon } from "../client/ahead.ts";

/** Put in by the build: the hash of the script inside the page, in that script and in page.js. */
declare const SIGHTLINE_INLINE_VERSION: string | undefined;

const VERSION = typeof SIGHTLINE_INLINE_VERSION === "string" ? SIGHTLINE_INLINE_VERSION : "";

/** The offer that left already, from the script inside the page, for page.js to go on with. */
export interface HandedOver extends Ahead {
  version: string;
  /** Lets go of it, whatever its version. */
  close(): void;
}

export function handOver(ahead: Ahead): HandedOver {
  return Object.assign(ahead, { version: VERSION, close: () => abandon(ahead) });
}

/** While a new version is deployed, an older page may load a newer page.js: what it holds may be of another shape. */
export function isOfThisVersion(ahead: HandedOver): boolean {
  return ahead.version === VERSION;
}
