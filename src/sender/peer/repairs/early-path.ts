import { type CandidatePair, CandidatePairState, type DtlsSocket } from "werift";
import { isDtls } from "./dtls-record.ts";
import type { IceConnection } from "./ice-werift.ts";

type Wire = DtlsSocket["transport"]["socket"];

/** "new" becomes "completed" when candidates were gathered, and either "connected" when a path stands. */
const LATER: readonly string[] = ["connected", "disconnected", "failed", "closed"];
/** Where a datagram came from is ICE's concern. */
const NOBODY = ["", 0] as const;

/**
 * Where DTLS goes before werift's ICE is connected: back to where the viewer's signed check came from last, or to where the
 * sender's own was answered, until both are so of one pair, for either alone may be a path that leads nowhere. Afterwards,
 * the nominated pair. Media has no such way: it waits for the sender's own check.
 */
export class EarlyPath {
  readonly #connection: IceConnection;
  #pair: CandidatePair | undefined;

  /**
   * @param onPath told for each pair that becomes known to lead to the viewer, and again when it is heard from where it had
   *   only answered: some are deaf to DTLS until then. Of no other once one is sure. Call after `checkStunIntegrity`.
   */
  constructor(connection: IceConnection, onPath: () => void) {
    this.#connection = connection;
    const heard = new Set<CandidatePair>();
    const answered = new Set<CandidatePair>();
    const isProven = (pair: CandidatePair | undefined) => !!pair && heard.has(pair) && answered.has(pair);
    const note = (pair: CandidatePair | undefined, how: Set<CandidatePair>) => {
      if (!pair || how.has(pair) || LATER.includes(connection.state)) return;
      const wasHeard = heard.has(pair);
      how.add(pair);
      if (isProven(this.#pair) && this.#pair !== pair) return;
      this.#pair = pair;
      if (!wasHeard) onPath();
    };
    const incoming = connection.checkIncoming.bind(connection);
    connection.checkIncoming = (message, from, protocol) => {
      // The triggered check leaves first, so that its answer is here when DTLS is.
      incoming(message, from, protocol);
      note(
        connection.checkList.find((pair) => pair.protocol === protocol && isAt(pair, from)),
        heard,
      );
    };
    const complete = connection.checkComplete.bind(connection);
    connection.checkComplete = (pair) => {
      if (pair.state === CandidatePairState.SUCCEEDED) note(pair, answered);
      complete(pair);
    };
  }

  /** As the sender's own check measured it. */
  get rttMs(): number | undefined {
    const rttS = (this.#connection.nominated ?? this.#pair)?.rtt;
    return rttS && rttS * 1_000;
  }

  /** A way for one DTLS socket. */
  wire(): Wire {
    const connection = this.#connection;
    const wire: Wire = {
      type: "ice",
      closed: false,
      address: { address: "", family: "", port: 0 },
      onData() {},
      send: async (datagram) => {
        const pair = this.#pair;
        if (connection.nominated || !pair) await connection.send(datagram);
        else await pair.protocol.sendData(datagram, pair.remoteAddr);
      },
      async close() {
        this.closed = true;
        await connection.close();
      },
    };
    connection.onData.subscribe((datagram) => {
      if (isDtls(datagram)) wire.onData(datagram, NOBODY);
    });
    return wire;
  }
}

function isAt({ remoteAddr }: CandidatePair, [host, port]: readonly [host: string, port: number]): boolean {
  return remoteAddr[0] === host && remoteAddr[1] === port;
}
