/** The Workers runtime behaviour that the edge is written for; a test holds both equal to wrangler.toml's. */
export const COMPATIBILITY_DATE = "2026-10-01";
export const COMPATIBILITY_FLAGS = ["no_web_socket_compression"];
