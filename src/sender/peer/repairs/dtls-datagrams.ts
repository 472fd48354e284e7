type Send = (bytes: Buffer) => Promise<void>;

/** Fits every path that WebRTC is used on; browsers cut their own flights there. */
const DATAGRAM_MAX_BYTES = 1_200;

/**
 * werift 0.25.2 sends each record of a DTLS flight by itself, five for its first: each wakes up a row of threads in a
 * browser, and one that is lost holds up the others. With this the records of one turn share datagrams (RFC 6347 4.1.1).
 */
export function sendTogether(send: Send): Send {
  let waiting: Buffer[] = [];
  let leaving: Promise<void> | undefined;
  const leave = async () => {
    const records = waiting;
    waiting = [];
    leaving = undefined;
    await Promise.all(datagramsOf(records).map(send));
  };
  return (record) => {
    waiting.push(record);
    leaving ??= Promise.resolve().then(leave);
    return leaving;
  };
}

function datagramsOf(records: readonly Buffer[]): Buffer[] {
  const datagrams: Buffer[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    bytes += record.length;
    if (bytes > DATAGRAM_MAX_BYTES) {
      datagrams.push([]);
      bytes = record.length;
    }
    datagrams.at(-1)?.push(record);
  }
  return datagrams.map((each) => Buffer.concat(each));
}
