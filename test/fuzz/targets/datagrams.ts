import { createHmac } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { Message, RtpHeader } from "werift";
import { MediaViewer } from "../../support/media-viewer.ts";
import { sctpPacket } from "../../support/sctp.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

const BINDING = 0x001;
const REQUEST = 0x000;
/** Of a STUN message. */
const HEADER_BYTES = 20;
/** MESSAGE-INTEGRITY, with its own four bytes of header. */
const INTEGRITY_BYTES = 24;

/** So many on one SCTP association. */
const DATA_INPUTS_MAX = 100;

let dataInputs = 0;
let viewer: MediaViewer;
let stranger: Socket;

/**
 * A live connection of the sender's, as datagrams reach it. The first byte of an input says who sends the rest: a
 * stranger; the viewer's own socket; or the viewer, protected as it should be: as RTCP, as RTP, as a signed check, as data where SCTP is expected, or as SCTP's chunks.
 */
export default {
  maxBytes: 1_400,
  words: [
    "\u0080\u00c8",
    "\u0080\u00c9",
    "\u0090\u0060",
    "\u0016\u00fe\u00fd",
    "\u0017\u00fe\u00fd\0\u0001",
    "\u0015\u00fe\u00fd",
  ],
  quickInputs: 500,
  covers: ["/src/sender/peer/", "/node_modules/werift/"],
  async open() {
    stranger = createSocket("udp4").bind(0, "127.0.0.1");
    await once(stranger, "listening");
    await connect();
  },
  async close() {
    stranger.close();
    await viewer[Symbol.asyncDispose]();
  },
  async run(input) {
    const kind = (input[0] ?? 0) % 7;
    const rest = input.subarray(1);
    if (kind === 0) stranger.send(rest, portOf(viewer), "127.0.0.1");
    else if (kind === 1) await viewer.sendRaw(rest);
    else if (kind === 2) await viewer.sendRtcp(Buffer.concat([rest, Buffer.alloc(Math.max(0, 8 - rest.length))]));
    else if (kind === 3)
      await viewer.sendRtp(rest, new RtpHeader({ ssrc: rest.length, payloadType: 96, sequenceNumber: 1 }));
    else if (kind === 4) await viewer.sendRaw(signed(rest));
    else await viewer.sendData(kind === 5 ? rest : sctpPacket(viewer.verificationTag, rest));
    await turn();
    await turn();
    // A viewer that can sign may end its own connection, and does so by some checks; nobody else may.
    if (kind !== 4) must(viewer.peer.state === "connected", "the connection stands");
    // An association that was aborted takes no more.
    if (kind > 4) dataInputs++;
    if (viewer.peer.state !== "connected" || dataInputs > DATA_INPUTS_MAX) {
      await viewer[Symbol.asyncDispose]();
      await connect();
    }
  },
} satisfies FuzzTarget;

async function connect(): Promise<void> {
  dataInputs = 0;
  viewer = await MediaViewer.open({ data: true });
  for (let tries = 0; viewer.peer.state !== "connected"; tries++) {
    must(tries < 500, "an honest viewer connects");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (let tries = 0; viewer.verificationTag === 0; tries++) {
    must(tries < 500, "SCTP begins");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function portOf({ answerSdp }: MediaViewer): number {
  return Number(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/m.exec(answerSdp)?.[1]);
}

/** @param attributes as bytes, of a check that bears the sender's password */
function signed(attributes: Buffer): Buffer {
  const ice = (name: string) => new RegExp(`^a=ice-${name}:(.+?)\\r?$`, "m").exec(viewer.answerSdp)?.[1] ?? "";
  const message = new Message(BINDING, REQUEST).setAttribute("USERNAME", `${ice("ufrag")}:x`);
  const checked = Buffer.concat([message.bytes, attributes]);
  checked.writeUInt16BE(checked.length - HEADER_BYTES + INTEGRITY_BYTES, 2);
  const digest = createHmac("sha1", ice("pwd")).update(checked).digest();
  return Buffer.concat([checked, Buffer.from([0, 8, 0, digest.length]), digest]);
}
