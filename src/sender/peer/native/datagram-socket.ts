import type { Socket } from "node:dgram";

interface SocketState {
  handle: { fd?: number } | null;
}

/** The same for all sockets. */
let stateSymbol: symbol | undefined;

/**
 * The descriptor of a socket of Node 24, which tells of it nowhere in public. Valid until control goes back to Node: a
 * socket that is closed has none, and its number may be another's.
 * @returns nothing where this Node keeps it elsewhere, or the socket is closed
 */
export function descriptorOf(socket: Socket): number | undefined {
  stateSymbol ??= Object.getOwnPropertySymbols(socket).find(({ description }) => description === "state symbol");
  const state = stateSymbol && (Reflect.get(socket, stateSymbol) as SocketState | undefined);
  const descriptor = state?.handle?.fd;
  return typeof descriptor === "number" && descriptor >= 0 ? descriptor : undefined;
}
