/** Media types of bodies, apart for what must do without schemas. */

/** RFC 8840 section 10.1. */
export const TRICKLE_TYPE = "application/trickle-ice-sdpfrag";
export const SDP_TYPE = "application/sdp";
export const JSON_TYPE = "application/json";
/** One JSON text a line. */
export const LINES_TYPE = "application/x-ndjson";
