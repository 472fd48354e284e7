import type { Runtime } from "../../src/web/client/runtime.ts";

/** Stands for the browser's WebSocket, driven by the test. */
export class FakeSocket {
  readyState = 0;
  readonly sent: string[] = [];
  readonly url: string;
  readonly protocols: string[];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  receive(message: object | string): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  breakOff(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }

  get messages(): Record<string, unknown>[] {
    return this.sent.filter((text) => text.startsWith("{")).map((text) => JSON.parse(text));
  }
}

/** Stands for a video element that says when it presents a frame. */
export class FakeVideo {
  srcObject: unknown = null;
  animations: { finished: Promise<void> }[] = [];
  #waiting = new Set<(nowMs: number, metadata: object) => void>();

  async play(): Promise<void> {}

  getAnimations = () => this.animations;

  requestVideoFrameCallback(callback: (nowMs: number, metadata: object) => void): number {
    this.#waiting.add(callback);
    return 0;
  }

  cancelVideoFrameCallback(): void {}

  present(metadata: object): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback(0, metadata);
  }
}

/** Stands for RTCPeerConnection as far as the client drives it. */
export class FakePeerConnection {
  static readonly offerSdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n";
  configuration: RTCConfiguration;
  remote: string | undefined;
  answersApplied = 0;
  readonly added: (RTCIceCandidateInit | undefined)[] = [];
  closed = false;
  readonly receiver = {
    jitterBufferTarget: null as number | null,
    transport: null,
    track: { kind: "video", id: "received" },
  };
  path: "direct" | "relay" = "direct";
  packets = 0;
  frames = 3;
  connectionState = "connected";
  iceConnectionState = "new";
  onconnectionstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  ontrack: ((event: { track: object }) => void) | null = null;

  constructor(configuration: RTCConfiguration) {
    this.configuration = configuration;
  }

  addTransceiver(): object {
    return { receiver: this.receiver };
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }

  async createOffer(): Promise<RTCSessionDescriptionInit> {
    return { type: "offer", sdp: FakePeerConnection.offerSdp };
  }

  async setLocalDescription(): Promise<void> {
    this.candidate("candidate:early");
  }

  async setRemoteDescription({ sdp }: RTCSessionDescriptionInit): Promise<void> {
    this.remote = sdp;
    this.answersApplied += 1;
  }

  async addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    if (this.remote === undefined) throw new Error("InvalidStateError");
    this.added.push(candidate);
  }

  async getStats(): Promise<Map<string, object>> {
    return new Map<string, object>([
      [
        "in",
        {
          type: "inbound-rtp",
          kind: "video",
          framesReceived: this.frames,
          framesDecoded: this.frames,
          packetsReceived: ++this.packets,
          timestamp: 0,
        },
      ],
      ["pair", { type: "candidate-pair", nominated: true, state: "succeeded", localCandidateId: "local" }],
      ["local", { type: "local-candidate", candidateType: this.path === "relay" ? "relay" : "host" }],
    ]);
  }

  getReceivers(): object[] {
    return [this.receiver];
  }

  candidate(candidate: string | null): void {
    const init = { candidate, sdpMid: "0", sdpMLineIndex: 0 };
    this.onicecandidate?.({ candidate: candidate === null ? null : { ...init, toJSON: () => init } });
  }

  get remoteDescription(): object | null {
    return this.remote === undefined ? null : { type: "answer", sdp: this.remote };
  }

  get signalingState(): string {
    return this.closed ? "closed" : "stable";
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeMediaStream {
  #tracks: MediaStreamTrack[] = [];
  getTracks = () => this.#tracks;
  addTrack = (track: MediaStreamTrack) => {
    if (!this.#tracks.includes(track)) this.#tracks.push(track);
  };
  removeTrack = (track: MediaStreamTrack) => {
    this.#tracks = this.#tracks.filter((other) => other !== track);
  };
}

export interface FakeRuntime extends Runtime {
  sockets: FakeSocket[];
  peers: FakePeerConnection[];
}

export function fakeRuntime(): FakeRuntime {
  const sockets: FakeSocket[] = [];
  const peers: FakePeerConnection[] = [];
  return {
    sockets,
    peers,
    nowMs: () => performance.now(),
    random: () => 0,
    openSocket: (url, protocols) => {
      const socket = new FakeSocket(url, protocols);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    fetch: async () => {
      throw new TypeError("Failed to fetch");
    },
    openPeerConnection: (configuration) => {
      const peer = new FakePeerConnection(configuration);
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
  };
}
