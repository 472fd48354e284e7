import { onNetworkChange } from "./network-changes.ts";

/** What the library needs of the browser; tests bring their own. */
export interface Runtime {
  /** Milliseconds of a monotonic clock; the browser's is `performance.now()`. */
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  openSocket(url: string, protocols: string[]): WebSocket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** `undefined` where there is no WebRTC. */
  openPeerConnection?(configuration: RTCConfiguration): RTCPeerConnection;
  /** Calls back when the network is another, or is back; returns a function that stops it. */
  onNetworkChange?(callback: () => void): () => void;
}

export const browserRuntime: Runtime = {
  nowMs: () => performance.now(),
  random: () => Math.random(),
  openSocket: (url, protocols) => new WebSocket(url, protocols),
  fetch: (url, init) => fetch(url, init),
  onNetworkChange,
  openPeerConnection:
    typeof RTCPeerConnection === "undefined" ? undefined : (configuration) => new RTCPeerConnection(configuration),
};
