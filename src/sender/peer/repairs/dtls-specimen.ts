import { DtlsServer, type DtlsSocket } from "werift";

/** A socket without keys or network, to look at before there is a real one. */
export function dtlsSpecimen(): DtlsSocket {
  return new DtlsServer({
    transport: {
      type: "none",
      closed: false,
      address: { address: "", family: "", port: 0 },
      onData() {},
      send: async () => {},
      close: async () => {},
    },
  });
}
