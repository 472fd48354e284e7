import type { DtlsSocket, RTCDtlsTransport, RTCPeerConnection } from "werift";

/** What `speakFirst` uses of one of werift 0.25.2's transports, private members among them. */
export type DtlsTransport = Pick<
  RTCDtlsTransport,
  "state" | "start" | "startSrtp" | "dataReceiver" | "localCertificate" | "onStateChange" | "iceTransport"
> & {
  dtls?: DtlsSocket | undefined;
  readonly srtpProfiles: NonNullable<DtlsSocket["options"]["srtpProfiles"]>;
  setState(state: RTCDtlsTransport["state"]): void;
};

const METHODS = ["start", "startSrtp", "setState", "dataReceiver"] as const;
const FIELDS = ["state", "dtls", "localCertificate", "srtpProfiles"] as const;

/** @throws when this werift is made otherwise */
export function dtlsTransports(pc: RTCPeerConnection): DtlsTransport[] {
  return pc.dtlsTransports.map((transport) => {
    const missing = [
      ...METHODS.filter((name) => typeof Reflect.get(transport, name) !== "function"),
      ...FIELDS.filter((name) => !Reflect.has(transport, name)),
    ];
    if (missing.length > 0)
      throw new Error(`This version of werift has no ${missing.join(", ")} in its DTLS transport: see speakFirst.`);
    return transport as unknown as DtlsTransport;
  });
}
