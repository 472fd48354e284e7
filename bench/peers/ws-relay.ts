/** The barest relay: whatever one end of a session sends, the other gets. No ids, no checks, no storage. */
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

const sessions = new Map<string, Map<string, WebSocket>>();
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" }, () => {
  console.log((server.address() as AddressInfo).port);
});
server.on("connection", (socket, request) => {
  const [, session = "", role = ""] = (request.url ?? "").split("/");
  const ends = sessions.get(session) ?? new Map<string, WebSocket>();
  sessions.set(session, ends.set(role, socket));
  const other = role === "sender" ? "viewer" : "sender";
  socket.on("message", (data, binary) => ends.get(other)?.send(data, { binary }));
});
