/** Caps on what any peer may send or hold. Sizes in bytes of UTF-8 unless named otherwise. */

export const PROTOCOL_VERSION = 1;

/** Subprotocol names offered when a signaling WebSocket opens; a token never stands in a URL. */
export const SUBPROTOCOL = `sightline.${PROTOCOL_VERSION}`;
export const SUBPROTOCOL_TOKEN = "token.";
export const SUBPROTOCOL_VIEWER = "viewer.";
export const SUBPROTOCOL_SENDER = "sender.";

/** `GET .../ice`: the viewer that the credentials are for, so that they are revoked when it leaves. Not in the URL. */
export const VIEWER_HEADER = "Sightline-Viewer";

/** A signaling message or HTTP body. An offer of one video line is about 6 kB. */
export const MESSAGE_MAX_BYTES = 64 * 1024;
export const SDP_MAX_CHARS = 48 * 1024;
export const CANDIDATE_MAX_CHARS = 1024;
/** The name of a media section (`a=mid`, RFC 5888); some players use a UUID. */
export const MID_MAX_CHARS = 64;

/** Per connection of a viewer, each way; a browser with four interfaces and three servers sends about 30. */
export const CANDIDATES_MAX = 128;
/** Messages a viewer may send within one window before it is told to slow down and closed. */
export const VIEWER_MESSAGES_MAX = 400;
export const VIEWER_MESSAGES_WINDOW_MS = 10_000;
/** Of those, offers: each costs the sender sockets and a certificate's worth of work. */
export const VIEWER_OFFERS_MAX = 20;

/** Of one viewer at a time: a fresh one beside the one it replaces. More would only be a way to use the sender up. */
export const CONNECTIONS_PER_VIEWER = 2;

export const VIEWERS_DEFAULT_MAX = 100;
export const VIEWERS_HARD_MAX = 1_000;

/** Both ends send `ping` this often; the edge answers `pong` without waking. */
export const PING_INTERVAL_MS = 10_000;
export const PING = "ping";
export const PONG = "pong";
/** A sender that answered no ping for this long is not here. */
export const SENDER_PRESENT_MS = 2 * PING_INTERVAL_MS + 2_000;

/** How long the edge waits for the sender's answer to an offer that came by HTTP. */
export const ANSWER_TIMEOUT_MS = 8_000;

export const SESSION_TTL_MIN_MS = 1_000;
export const SESSION_TTL_MAX_MS = 366 * 86_400_000;

/** Sessions on a page of the list when the caller does not say; 50 at most. */
export const LIST_PAGE_DEFAULT = 20;
