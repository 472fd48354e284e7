import { UdpTransport } from "werift";

interface Transport {
  readonly socket: UdpTransport["socket"];
  closed: boolean;
  init(): Promise<void>;
}

/**
 * werift 0.25.2 waits for its sockets to be bound, and listens for nothing else: one that cannot be, for want of
 * descriptors for instance, ends the process. With this the connection that wanted it fails, and no other.
 */
export function mendUdpBind(): void {
  const prototype = UdpTransport.prototype as unknown as Transport;
  const { init } = prototype;
  if (isMended) return;
  if (typeof init !== "function") throw new Error("this werift binds elsewhere: see mendUdpBind");
  isMended = true;
  prototype.init = async function (this: Transport) {
    const failed = Promise.withResolvers<never>();
    // For good: an error of a socket that stands is told with the packet that it is about.
    this.socket.on("error", failed.reject);
    failed.promise.catch(() => {});
    try {
      await Promise.race([init.call(this), failed.promise]);
    } catch (error) {
      this.closed = true;
      this.socket.close();
      throw error;
    }
  };
}

let isMended = false;
