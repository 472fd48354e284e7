import * as v from "valibot";

const IceUrl = v.pipe(
  v.string(),
  v.maxLength(512),
  v.regex(/^(stun|stuns|turn|turns):[^\s]+$/, "An ICE server URL starts with stun: stuns: turn: or turns:"),
);

/** Whether it is a STUN server's (RFC 7064). */
export function isStunUrl(url: string): boolean {
  return /^stuns?:/i.test(url);
}

/** Whether it is a TURN server's, which relays (RFC 7065). */
export function isTurnUrl(url: string): boolean {
  return /^turns?:/i.test(url);
}

/** One entry of `RTCConfiguration.iceServers` (W3C WebRTC), `urls` always a list. */
export const IceServer = v.object({
  urls: v.pipe(
    v.union([
      v.array(IceUrl),
      v.pipe(
        IceUrl,
        v.transform((url) => [url]),
      ),
    ]),
    v.minLength(1),
    v.maxLength(16),
  ),
  username: v.optional(v.pipe(v.string(), v.maxLength(512))),
  credential: v.optional(v.pipe(v.string(), v.maxLength(512))),
});
export type IceServer = v.InferOutput<typeof IceServer>;

export const IceServers = v.pipe(v.array(IceServer), v.maxLength(16));

/**
 * When the first credential among ICE servers stops working: milliseconds from the moment it is said, so that clocks need
 * not agree. Absent when none does.
 */
export const IceTtl = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Set when a service that was asked for servers gave none: who wants them asks again, after a pause. */
export const IceIncomplete = v.boolean();
