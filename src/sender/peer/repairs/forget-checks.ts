import { CandidatePair, type RTCPeerConnection } from "werift";
import { iceConnections } from "./ice-werift.ts";

/** Of one connection together. One that comes twice does so within a second or two. */
const REMEMBERED_MAX = 64;

interface Pair {
  requestTransactionIds: Set<string>;
}

/**
 * werift 0.25.2 remembers the id of every check that came, to count those that came twice, for as long as the connection
 * lives: some megabytes a day of a browser, one each second of a viewer that means harm. With this they are forgotten again
 * and again. Call before checks begin.
 */
export function forgetOldChecks(pc: RTCPeerConnection): void {
  if (typeof Reflect.get(CandidatePair.prototype, "noteIncomingRequest") !== "function")
    throw new Error("this werift remembers checks elsewhere: see forgetOldChecks");
  for (const connection of iceConnections(pc)) {
    const incoming = connection.checkIncoming.bind(connection);
    let count = 0;
    connection.checkIncoming = (message, from, protocol) => {
      incoming(message, from, protocol);
      if (++count % REMEMBERED_MAX > 0) return;
      for (const pair of connection.checkList) (pair as unknown as Pair).requestTransactionIds.clear();
    };
  }
}
