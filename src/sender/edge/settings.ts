/** The edge's settings, which keep their names from the deployed Worker to this process's environment and edge.capnp. */
export const EDGE_SETTINGS = [
  "ICE_SERVERS",
  "TURN_URLS",
  "TURN_SHARED_SECRET",
  "TURN_KEY_ID",
  "TURN_KEY_API_TOKEN",
  "TURN_API_BASE",
  "TURN_TTL",
  "TURN_POLICY",
  "ALLOWED_ORIGINS",
] as const;
