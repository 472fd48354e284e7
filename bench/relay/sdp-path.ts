import type { UdpRelay } from "./udp-relay.ts";

/**
 * Leads the path of a connection through a relay, its SDPs being at hand: each side is told one candidate alone, the
 * relay's towards the other.
 * @returns what to put between offer and answer
 */
export function throughRelay(relay: UdpRelay): (sdp: string, type: "offer" | "answer") => string {
  return (sdp, type) => {
    const port = type === "offer" ? relay.farPort : relay.port;
    let first = true;
    const led = sdp.replace(/^a=(?:candidate:.*|end-of-candidates)\r?\n/gim, (line) => {
      const host = /^(a=candidate:\S+ 1 udp \d+) (\d+\.\d+\.\d+\.\d+) (\d+) typ host/i.exec(line);
      if (!host || !first || host[2] === "127.0.0.1") return "";
      first = false;
      const [, before = "", address = ""] = host;
      const end = { address, port: Number(host[3]) };
      if (type === "offer") relay.expect(end);
      else relay.reach(end);
      return `${before} ${address} ${port} typ host\r\n`;
    });
    if (first) throw new Error(`The ${type} has no IPv4 host candidate to lead through the relay.`);
    return led;
  };
}
