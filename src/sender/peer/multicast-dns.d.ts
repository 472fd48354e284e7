/** What is used of multicast-dns 7.2.5, which brings no types. */
declare module "multicast-dns" {
  import type { Socket } from "node:dgram";
  import type { EventEmitter } from "node:events";

  export interface MulticastAnswer {
    /** Also of other types, whose `data` is something else. */
    type: string;
    name: string;
    /** Seconds; 0 takes back what was said before. */
    ttl?: number;
    data: unknown;
  }

  export interface MulticastDns
    extends EventEmitter<{
      ready: [];
      error: [Error];
      query: [{ questions: { name: string; type: string }[] }];
      response: [{ answers: MulticastAnswer[] }];
    }> {
    query(name: string, type: "A" | "AAAA"): void;
    respond(answers: MulticastAnswer[]): void;
    destroy(): void;
  }

  export interface MulticastDnsOptions {
    socket?: Socket;
    /** Whether it joins networks by itself; so when absent. */
    multicast?: boolean;
    /** 5353 when absent. */
    port?: number;
    /** The address of the interface that is asked; the system's choice when absent. */
    interface?: string;
    /** The address that the socket is bound to. */
    bind?: string;
  }

  export default function multicastDns(options?: MulticastDnsOptions): MulticastDns;
}
