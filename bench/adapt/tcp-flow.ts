/** One end of a download by TCP. `argv`: `serve PORT`, or `fetch ADDRESS PORT`, which prints what came each second. */
import { connect, createServer } from "node:net";

const CHUNK = Buffer.alloc(64 * 1_024);

const [, , role, ...where] = process.argv;
if (role === "serve") serve(Number(where[0]));
else fetchFrom(where[0] ?? "", Number(where[1]));

function serve(port: number): void {
  createServer((socket) => {
    const pump = () => {
      while (socket.write(CHUNK));
    };
    socket.on("drain", pump);
    socket.on("error", () => {});
    pump();
  }).listen(port, "0.0.0.0", () => console.log("ready"));
}

function fetchFrom(address: string, port: number): void {
  let bytes = 0;
  connect(port, address).on("data", (chunk) => {
    bytes += chunk.length;
  });
  setInterval(() => {
    console.log(JSON.stringify({ atMs: Date.now(), bytes }));
    bytes = 0;
  }, 1_000);
}
