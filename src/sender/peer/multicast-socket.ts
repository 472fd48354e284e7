import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces, platform } from "node:os";

/** Where mDNS is spoken (RFC 6762 section 3). */
const GROUP = "224.0.0.251";
/** RFC 6762 section 11. */
const TTL = 255;
/** An answer about one name has some hundred bytes, and names in a long one can be made to take long to read. */
const DATAGRAM_MAX_BYTES = 1_500;

/**
 * A socket for mDNS that fails in no way but its own errors: multicast-dns 7.2.5 asks which networks there are as soon as its
 * socket listens, and every 5 s, and ends the process where the system has no descriptor to say it.
 * @param interfaceAddress of the one network that is asked; all when absent
 */
export function multicastSocket(interfaceAddress?: string): Socket {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  dropLong(socket);
  socket.on("listening", () => {
    const { joined, asked } = interfaceAddress
      ? { joined: [interfaceAddress], asked: interfaceAddress }
      : (networks() ?? { joined: [undefined], asked: "0.0.0.0" });
    for (const address of joined) attempt(() => socket.addMembership(GROUP, address));
    attempt(() => socket.setMulticastInterface(asked));
    attempt(() => socket.setMulticastTTL(TTL));
    attempt(() => socket.setMulticastLoopback(true));
  });
  return socket;
}

/** Anybody may send to port 5353. */
function dropLong(socket: Socket): void {
  const emit: (name: string, ...args: unknown[]) => boolean = socket.emit.bind(socket);
  socket.emit = (name: string, ...args: unknown[]) => {
    const [datagram] = args;
    if (name === "message" && Buffer.isBuffer(datagram) && datagram.length > DATAGRAM_MAX_BYTES) return false;
    return emit(name, ...args);
  };
}

/**
 * An address of each, and the one that questions leave by: the system's own choice where there is more than this machine;
 * macOS makes none.
 * @returns nothing when the system does not say
 */
function networks(): { joined: string[]; asked: string } | undefined {
  try {
    const found = Object.entries(networkInterfaces()).flatMap(([name, entries]) => {
      const first = entries?.find(({ family }) => family === "IPv4");
      return first ? [{ name, ...first }] : [];
    });
    const outward = found.filter(({ internal }) => !internal);
    const wired = platform() === "darwin" ? outward.find(({ name }) => name === "en0") : undefined;
    const asked = wired?.address ?? (outward.length > 0 ? "0.0.0.0" : "127.0.0.1");
    return { joined: found.map(({ address }) => address), asked };
  } catch {
    return undefined;
  }
}

/** A network that may not be asked, or is gone by now, is left out. */
function attempt(configure: () => void): void {
  try {
    configure();
  } catch {}
}
