import type { IceServer } from "../../protocol/ice.ts";

/** What may stand in a header's quoted string (RFC 9110 section 5.6.4), before escaping. */
const QUOTABLE = /^[\x20-\x7e]*$/;

/**
 * ICE servers as Link header values, one for each URL (RFC 9725 section 4.6). `credential-type` stood in its drafts
 * and older players look for it. A server that does not fit into a header is left out.
 */
export function iceLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) => {
    if (!QUOTABLE.test(`${username ?? ""}${credential ?? ""}`)) return [];
    const login =
      username === undefined || credential === undefined
        ? ""
        : `; username=${quoted(username)}; credential=${quoted(credential)}; credential-type="password"`;
    return urls
      .filter((url) => /^[\x21-\x7e]+$/.test(url) && !/[<>]/.test(url))
      .map((url) => `<${url}>; rel="ice-server"${login}`);
  });
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}
