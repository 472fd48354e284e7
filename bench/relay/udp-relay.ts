import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

interface Address {
  address: string;
  port: number;
}

/**
 * Carries datagrams between one viewer and one sender, each way after the same delay and in order: a path of known
 * length, on a machine where the kernel has none to offer. Timers make each up to a millisecond late.
 */
export class UdpRelay implements Disposable {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #delayMs: number;
  #viewer: Address | undefined;
  #sender: Address | undefined;
  readonly #early: Buffer[] = [];

  private constructor(near: Socket, far: Socket, delayMs: number) {
    this.#near = near;
    this.#far = far;
    this.#delayMs = delayMs;
    near.on("message", (datagram, { address, port }) => {
      this.#viewer = { address, port };
      this.#towardsSender(datagram);
    });
    far.on("message", (datagram) => {
      if (this.#viewer) this.#after(near, datagram, this.#viewer);
    });
  }

  /** @param rttMs both ways together */
  static async open(rttMs: number): Promise<UdpRelay> {
    const sockets = [createSocket("udp4"), createSocket("udp4")] as const;
    for (const socket of sockets) {
      socket.bind(0, "0.0.0.0");
      await once(socket, "listening");
    }
    return new UdpRelay(sockets[0], sockets[1], rttMs / 2);
  }

  /** Where the viewer is to send. */
  get port(): number {
    return this.#near.address().port;
  }

  /** Where the sender is to send, when it is told; it may also learn that from what comes. */
  get farPort(): number {
    return this.#far.address().port;
  }

  /** For a sender who speaks first. */
  expect(viewer: Address): void {
    this.#viewer ??= viewer;
  }

  /** What came for the sender before it was known goes on to it now. */
  reach(sender: Address): void {
    this.#sender = sender;
    for (const datagram of this.#early.splice(0)) this.#towardsSender(datagram);
  }

  #towardsSender(datagram: Buffer): void {
    if (this.#sender) this.#after(this.#far, datagram, this.#sender);
    else this.#early.push(datagram);
  }

  #after(socket: Socket, datagram: Buffer, { address, port }: Address): void {
    setTimeout(() => {
      try {
        socket.send(datagram, port, address);
      } catch {
        // Closed meanwhile: whatever was on its way is lost, as on any path.
      }
    }, this.#delayMs);
  }

  [Symbol.dispose](): void {
    this.#near.close();
    this.#far.close();
  }
}
