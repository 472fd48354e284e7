import { createServer } from "node:net";
import { type SenderError, usageError } from "../errors.ts";

/**
 * Binds the address once and lets it go, so that a person reads what is wrong before the runtime starts and says it
 * its own way.
 * @param port 0 for any free one
 * @returns the port that was free a moment ago
 * @throws SenderError that says what to change
 */
export function requireFreePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause: NodeJS.ErrnoException) => reject(explain(host, port, cause)));
    probe.listen({ host, port, exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

/** The address by which this machine reaches what is bound to `host`. */
export function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function explain(host: string, port: number, cause: NodeJS.ErrnoException): SenderError {
  switch (cause.code) {
    case "EADDRINUSE":
      return usageError(
        `Port ${port} is taken. Choose another with --port. If it is \`sightline serve\` that has it, send to that: --edge http://${reachable(host)}:${port}`,
      );
    case "EACCES":
      return usageError(`Port ${port} needs more rights than this process has. Choose one above 1023 with --port.`);
    case "EADDRNOTAVAIL":
      return usageError(`${host} is no address of this machine. Choose one with --host, or use --lan for all.`);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return usageError(`The host ${host} is not known. Give an address of this machine with --host.`);
    default:
      return usageError(`The edge cannot listen on ${host} port ${port}: ${cause.message}`);
  }
}
