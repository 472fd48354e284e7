import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { SenderStats } from "../../protocol/stats.ts";
import type { MetricsConfig } from "../config.ts";
import { type SenderError, usageError } from "../errors.ts";
import { METRICS_CONTENT_TYPE, metricsText } from "./metrics.ts";

const PATH = "/metrics";

/** Serves what Prometheus reads. */
export class MetricsServer implements AsyncDisposable {
  readonly #server: Server;
  /** Where to read. */
  readonly url: string;

  private constructor(server: Server, host: string) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    this.url = `http://${host.includes(":") ? `[${host}]` : host}:${port}${PATH}`;
  }

  /** @throws SenderError that says what to change when it cannot listen there */
  static open({ host, port }: MetricsConfig, read: () => SenderStats): Promise<MetricsServer> {
    const server = createServer((request, response) => {
      answer(request, response, read).catch(() => response.writeHead(500).end());
    });
    return new Promise((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => reject(explain(host, port, cause)));
      server.listen({ host, port, exclusive: true }, () => resolve(new MetricsServer(server, host)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function answer({ method, url }: IncomingMessage, response: ServerResponse, read: () => SenderStats) {
  if (url?.split("?")[0] !== PATH) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end(`Metrics are at ${PATH}.\n`);
  } else if (method !== "GET" && method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
  } else {
    const text = await metricsText(read());
    response.writeHead(200, { "Content-Type": METRICS_CONTENT_TYPE, "Cache-Control": "no-store" });
    response.end(method === "HEAD" ? undefined : text);
  }
}

function explain(host: string, port: number, cause: NodeJS.ErrnoException): SenderError {
  switch (cause.code) {
    case "EADDRINUSE":
      return usageError(`Port ${port} for metrics is taken. Choose another with --metrics, or 0 for any free one.`);
    case "EACCES":
      return usageError(`Port ${port} for metrics needs more rights than this process has. Choose one above 1023.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return usageError(`${host} is no address of this machine. Give --metrics one, or a port alone for 127.0.0.1.`);
    default:
      return usageError(`Metrics cannot be served on ${host} port ${port}: ${cause.message}`);
  }
}
