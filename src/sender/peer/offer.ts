export function candidatesIn(sdp: string): number {
  return sdp.match(/^a=candidate:/gm)?.length ?? 0;
}

/** What a viewer would send with is of no use here: werift would make a receiver for each. */
export function withoutSources(offerSdp: string): string {
  return offerSdp.replace(/^a=ssrc(?:-group)?:.*\r?\n/gm, "");
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
