/** A WebSocket opened before there is anybody to take what it brings. */
export interface EarlySocket {
  socket: WebSocket;
  /** `performance.now()` when it opened, once it has. */
  openedAtMs?: number;
  /** When its first message came, if that was before anybody took it. */
  heardAtMs?: number;
  /** Hands over what came so far, to the handlers that the socket has by now. */
  replay(): void;
}

/** Keeps what the socket brings until it is asked for. Whoever takes over sets handlers of their own, then replays. */
export function keepEvents(socket: WebSocket, nowMs: () => number): EarlySocket {
  const kept: (() => void)[] = [];
  const early: EarlySocket = {
    socket,
    replay() {
      for (const happen of kept.splice(0)) happen();
    },
  };
  socket.onopen = (event) => {
    early.openedAtMs = nowMs();
    kept.push(() => socket.onopen?.(event));
  };
  socket.onmessage = (event) => {
    early.heardAtMs ??= nowMs();
    kept.push(() => socket.onmessage?.(event));
  };
  socket.onclose = (event) => void kept.push(() => socket.onclose?.(event));
  return early;
}
