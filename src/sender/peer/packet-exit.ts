import type { Socket } from "node:dgram";
import { type Connection, type DirectPath, directPath } from "./direct-path.ts";
import { type BatchSend, type BatchTarget, sharedBatchSend } from "./native/batch-send.ts";
import { descriptorOf } from "./native/datagram-socket.ts";
import { socketAddress } from "./native/socket-address.ts";

/** The last address that was sent to, in the system's form. */
interface Destination {
  host: string;
  port: number;
  address: Buffer | undefined;
}

/**
 * Where one viewer's packets leave: through whatever pair is nominated now, for werift may nominate another at any time.
 * Those that go straight leave together, in one system call, where the system can; all others by werift's own sending.
 * They leave in the order that they are given in.
 */
export class PacketExit {
  readonly #connection: Connection;
  readonly #batch: BatchSend | undefined;
  readonly #onError: () => void;
  readonly #onSent: (error: Error | null) => void;
  readonly #refusing = new WeakSet<Socket>();
  #destination: Destination | undefined;
  /** Node sends datagrams at the end of this turn, though they were handed over before: nothing may overtake them. */
  #othersPending = false;

  /**
   * @param onError told of each packet that the socket or the relay refused
   * @param batch this thread's, or nothing to send each packet by itself
   */
  constructor(connection: Connection, onError: () => void, batch: BatchSend | undefined = sharedBatchSend()) {
    this.#connection = connection;
    this.#onError = onError;
    this.#onSent = (error) => {
      if (error) onError();
    };
    this.#batch = batch;
    // The end of the DTLS handshake, without which the viewer can read nothing.
    this.#letOthersLeave();
  }

  /** @returns whether the system has them all, so that their memory is free again */
  send(packets: readonly Buffer[]): boolean {
    const taken = this.#sendTogether(packets);
    for (let i = taken; i < packets.length; i++) this.#sendAlone(packets[i] as Buffer);
    return taken === packets.length;
  }

  /** @returns how many left */
  #sendTogether(packets: readonly Buffer[]): number {
    if (!this.#batch || this.#othersPending) return 0;
    const path = directPath(this.#connection);
    // What the system's queue had no room for still waits in Node's, and must not be overtaken.
    if (!path || this.#refusing.has(path.socket) || path.socket.getSendQueueCount() > 0) return 0;
    const target = this.#target(path);
    if (!target) return 0;
    const { taken, refused } = this.#batch.send(target, packets);
    if (refused) this.#refusing.add(path.socket);
    path.pair.packetsSent += taken;
    for (let i = 0; i < taken; i++) path.pair.bytesSent += (packets[i] as Buffer).length;
    return taken;
  }

  #target({ socket, host, port }: DirectPath): BatchTarget | undefined {
    if (this.#destination?.host !== host || this.#destination.port !== port) {
      this.#destination = { host, port, address: socketAddress(host, port) };
    }
    const descriptor = descriptorOf(socket);
    const { address } = this.#destination;
    return descriptor === undefined || !address ? undefined : { descriptor, address };
  }

  /** werift 0.25.2 sends to an address without listening for what comes of it, and Node then keeps errors to itself. */
  #sendAlone(packet: Buffer): void {
    const path = directPath(this.#connection);
    if (path) this.#sendDirectly(packet, path);
    else this.#connection.send(packet).catch(this.#onError);
    this.#letOthersLeave();
  }

  #sendDirectly(packet: Buffer, { pair, socket, host, port }: DirectPath): void {
    try {
      socket.send(packet, port, host, this.#onSent);
    } catch {
      this.#onError();
      return;
    }
    pair.packetsSent++;
    pair.bytesSent += packet.length;
  }

  #letOthersLeave(): void {
    if (this.#othersPending) return;
    this.#othersPending = true;
    setImmediate(() => {
      this.#othersPending = false;
    });
  }
}
