import type { RTCPeerConnection } from "werift";
import { sharedGcm } from "./native/gcm.ts";
import { offerCheapSrtp, preferCheapSrtp } from "./repairs/cheap-srtp.ts";
import { speakFirst } from "./repairs/dtls-client.ts";
import { trustDtlsOnlyWithProof } from "./repairs/dtls-trust.ts";
import { keepEarlyHello } from "./repairs/early-hello.ts";
import { skipCookie } from "./repairs/no-cookie.ts";

/**
 * This end's role, as its answer says it (RFC 8842 section 5.3): the client's where the offer leaves the choice, since
 * media leaves a round trip earlier then.
 */
export function dtlsRole(offerSdp: string): "client" | "server" {
  return /^a=setup:active\s*$/m.test(offerSdp) ? "server" : "client";
}

/**
 * Makes the connection's DTLS prompt, and sure of its peer. Call when the offer was applied, before the answer is made.
 * @param onPath told once, when a path seems to be there: the connection stands within a round trip or two
 */
export function setUpDtls(pc: RTCPeerConnection, offerSdp: string, onPath: () => void): void {
  const role = dtlsRole(offerSdp);
  const tellOnce = once(onPath);
  for (const transport of pc.dtlsTransports) transport.role = role;
  trustDtlsOnlyWithProof(pc);
  if (role === "client") {
    offerCheapSrtp(pc, sharedGcm() !== undefined);
    speakFirst(pc, tellOnce);
    return;
  }
  preferCheapSrtp(pc, sharedGcm() !== undefined);
  skipCookie(pc);
  keepEarlyHello(pc);
  for (const transport of pc.iceTransports) {
    transport.onStateChange.subscribe((state) => {
      if (state === "connected") tellOnce();
    });
  }
}

/** Outside a BUNDLE group each media section has a transport of its own. */
function once(tell: () => void): () => void {
  let told = false;
  return () => {
    if (!told) tell();
    told = true;
  };
}
