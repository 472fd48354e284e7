/** The Workers runtime behaviour that the edge is written for; a test holds it equal to wrangler.toml's. */
export const COMPATIBILITY_DATE = "2026-10-01";
