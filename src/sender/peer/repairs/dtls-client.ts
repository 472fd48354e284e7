import { DtlsClient, type RTCPeerConnection } from "werift";
import { mayFalseStart, whenFinishedLeft } from "./dtls-false-start.ts";
import { FlightResender } from "./dtls-resend.ts";
import { type DtlsTransport, dtlsTransports } from "./dtls-transport.ts";
import { requireFit } from "./dtls-werift.ts";
import { EarlyPath } from "./early-path.ts";
import { type IceConnection, iceConnections } from "./ice-werift.ts";

/** From the path's standing to the server's Finished. */
const HANDSHAKE_WITHIN_MS = 15_000;

/**
 * werift 0.25.2, as DTLS client, waits for its own ICE check, sleeps 100 ms, and is connected with the server's Finished.
 * With this it says its hello with its first check, and is connected when its path stands and its own Finished has left
 * (False Start, RFC 7918), where what was agreed on allows that. Call after `trustDtlsOnlyWithProof`, for a transport
 * whose role is "client".
 * @param onBegin told with each transport's hello
 */
export function speakFirst(pc: RTCPeerConnection, onBegin: () => void): void {
  const connections = iceConnections(pc);
  for (const [i, transport] of dtlsTransports(pc).entries()) {
    const client = new EarlyClient(transport, connections[i] as IceConnection, onBegin);
    transport.start = () => client.start();
  }
}

class EarlyClient {
  readonly #transport: DtlsTransport;
  readonly #path: EarlyPath;
  readonly #onBegin: () => void;
  readonly #usable = Promise.withResolvers<void>();
  #client: DtlsClient | undefined;
  #resender: FlightResender | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #begun = false;

  constructor(transport: DtlsTransport, connection: IceConnection, onBegin: () => void) {
    this.#transport = transport;
    this.#onBegin = onBegin;
    this.#path = new EarlyPath(connection, () => this.#begin());
    this.#usable.promise.catch(() => {});
    // Made before the first check comes, which it would hold up; not before there is a certificate.
    transport.iceTransport.onStateChange.subscribe((state) => {
      if (state === "checking") this.#prepare();
    });
    transport.onStateChange.subscribe((state) => {
      if (state === "closed" || state === "failed") this.#stop(new Error("the connection is closed"));
    });
  }

  /** The path stands: werift calls this in place of its own. */
  async start(): Promise<void> {
    const transport = this.#transport;
    if (!this.#is("new")) throw new Error("this DTLS transport has started already, or is closed");
    if (!this.#begun) this.#begin();
    const client = this.#prepare();
    transport.setState("connecting");
    this.#deadline = setTimeout(() => {
      client.onError.execute(new Error(`The viewer did not finish DTLS within ${HANDSHAKE_WITHIN_MS / 1_000} s.`));
      client.close();
    }, HANDSHAKE_WITHIN_MS);
    if (client.connected) clearTimeout(this.#deadline);
    await this.#usable.promise;
    // It may have failed since its Finished left.
    if (!this.#is("connecting")) throw new Error("DTLS ended before it was connected");
    transport.startSrtp();
    transport.setState("connected");
  }

  #is(state: DtlsTransport["state"]): boolean {
    return this.#transport.state === state;
  }

  #begin(): void {
    if (this.#begun) {
      this.#resender?.resendHello();
      return;
    }
    this.#begun = true;
    const client = this.#prepare();
    client.connect().catch((error: Error) => client.onError.execute(error));
    this.#onBegin();
  }

  #prepare(): DtlsClient {
    if (this.#client) return this.#client;
    const transport = this.#transport;
    const { certPem, privateKey, signatureHash } = transport.localCertificate ?? {};
    if (!certPem || !privateKey || !signatureHash) throw new Error("DTLS cannot begin before there is a certificate.");
    const client = new DtlsClient({
      cert: certPem,
      key: privateKey,
      signatureHash,
      transport: this.#path.wire(),
      srtpProfiles: transport.srtpProfiles,
      extendedMasterSecret: true,
    });
    this.#client = client;
    // Guarded as it is assigned.
    transport.dtls = client;
    const socket = requireFit(client);
    this.#resender = new FlightResender(socket, () => this.#path.rttMs);
    whenFinishedLeft(socket, () => {
      if (mayFalseStart(socket)) this.#usable.resolve();
    });
    client.onConnect.once(() => {
      clearTimeout(this.#deadline);
      this.#usable.resolve();
    });
    client.onData.subscribe((data) => transport.dataReceiver(data));
    client.onClose.subscribe(() => {
      if (transport.state !== "failed") transport.setState("closed");
    });
    client.onError.once((error) => {
      this.#stop(error);
      transport.setState("failed");
    });
    return client;
  }

  #stop(reason: Error): void {
    clearTimeout(this.#deadline);
    this.#resender?.stop();
    this.#usable.reject(reason);
  }
}
