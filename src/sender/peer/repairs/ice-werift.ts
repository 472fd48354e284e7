import type { Candidate, CandidatePair, Event, Message, RTCPeerConnection } from "werift";

type Protocol = CandidatePair["protocol"];

/** What the repairs of ICE use of werift 0.25.2's connection. Undocumented: fitted before use. */
export interface IceConnection {
  state: string;
  nominated?: CandidatePair | undefined;
  stunServer: unknown;
  turnServer: unknown;
  generation: number;
  localUsername: string;
  earlyChecksDone: boolean;
  checkListDone: boolean;
  remoteCandidatesEnd: boolean;
  checkList: CandidatePair[];
  protocols: Protocol[];
  stateChanged: Event<[string]>;
  connect(): Promise<void>;
  getCandidatePromises(addresses: string[], timeoutS?: number): Promise<unknown>[];
  ensureProtocol(protocol: Protocol): void;
  appendLocalCandidate(candidate: Candidate): void;
  pairLocalProtocol(protocol: Protocol): void;
  sortCheckList(): void;
  checkStart(pair: CandidatePair): NonNullable<CandidatePair["handle"]>;
  checkComplete(pair: CandidatePair): void;
  checkIncoming(message: Message, from: readonly [host: string, port: number], protocol: Protocol): void;
  onData: Event<[Buffer]>;
  send(datagram: Buffer): Promise<void>;
  close(): Promise<void>;
  queryConsent(): void;
  stopConsentLifecycle(): void;
  setState(state: string): void;
}

const METHODS = [
  "connect",
  "getCandidatePromises",
  "ensureProtocol",
  "appendLocalCandidate",
  "pairLocalProtocol",
  "sortCheckList",
  "checkStart",
  "checkComplete",
  "checkIncoming",
  "send",
  "close",
  "queryConsent",
  "stopConsentLifecycle",
  "setState",
] as const;
const FIELDS = [
  "stunServer",
  "turnServer",
  "nominated",
  "generation",
  "localUsername",
  "earlyChecksDone",
  "checkListDone",
  "remoteCandidatesEnd",
  "checkList",
  "protocols",
  "stateChanged",
  "onData",
] as const;

/** @throws when this werift is made otherwise */
export function iceConnections(pc: RTCPeerConnection): IceConnection[] {
  return pc.iceTransports.map(({ connection }) => {
    const missing = [
      ...METHODS.filter((name) => typeof Reflect.get(connection, name) !== "function"),
      ...FIELDS.filter((name) => !Reflect.has(connection, name)),
    ];
    if (missing.length > 0) {
      throw new Error(`This version of werift has no ${missing.join(", ")} in its ICE connection: see ice-werift.`);
    }
    return connection as unknown as IceConnection;
  });
}
