export function candidatesIn(sdp: string): number {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0;
}

/** What a viewer would send with is of no use here: werift would make a receiver for each. */
export function withoutSources(offerSdp: string): string {
  return offerSdp.replace(/^a=ssrc(?:-group)?:.*\r?\n/gm, "");
}

/**
 * A section with `a=bundle-only` has port 0 and is offered all the same, at the port of its BUNDLE group (RFC 9143 section
 * 6), as the video in the example of the WHEP draft. werift takes port 0 for a refusal.
 */
export function withBundledPorts(offerSdp: string): string {
  const sections = offerSdp.split(/^(?=m=)/m);
  return sections
    .map((each) => (/^a=bundle-only\s*$/m.test(each) ? each.replace(/^(m=\w+) 0 /, "$1 9 ") : each))
    .join("");
}

/**
 * Firefox leaves the parameters of payload types behind that its offer no longer names, and werift cannot read such an
 * offer.
 */
export function withoutStrayFormats(offerSdp: string): string {
  let named: Set<string> | undefined;
  const kept = offerSdp.split(/(?<=\n)/).filter((line) => {
    if (line.startsWith("m=")) named = new Set(line.trim().split(" ").slice(3));
    const [, payloadType] = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line) ?? [];
    return !named || payloadType === undefined || named.has(payloadType);
  });
  return kept.join("");
}
