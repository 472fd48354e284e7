import { Codec, CodecContext, Frame, Packet } from "node-av";
import { AV_CODEC_ID_H264, AV_PKT_FLAG_KEY } from "node-av/constants";
import type { EncodedUnit } from "../../../src/sender/encode/unit.ts";

const START_CODE = Buffer.from([0, 0, 0, 1]);

/** FFmpeg's own H.264 decoder, fed one unit at a time as a browser is. */
export class Decoder implements Disposable {
  readonly #context = new CodecContext();
  readonly #frame = new Frame();

  private constructor() {
    this.#frame.alloc();
  }

  static async open(): Promise<Decoder> {
    const codec = Codec.findDecoder(AV_CODEC_ID_H264);
    if (!codec) throw new Error("this FFmpeg decodes no H.264");
    const decoder = new Decoder();
    decoder.#context.allocContext3(codec);
    decoder.#context.threadCount = 1;
    await decoder.#context.open2(codec);
    return decoder;
  }

  /** @returns the pictures that came out at once; each is valid until the next call */
  async decode(unit: Pick<EncodedUnit, "nals" | "keyframe">): Promise<Frame[]> {
    const packet = new Packet();
    packet.alloc();
    packet.data = Buffer.concat(unit.nals.flatMap((nal) => [START_CODE, nal]));
    if (unit.keyframe) packet.setFlags(AV_PKT_FLAG_KEY);
    const sent = await this.#context.sendPacket(packet);
    packet.free();
    if (sent < 0) throw new Error(`the decoder refuses a unit (FFmpeg ${sent})`);
    const pictures: Frame[] = [];
    while ((await this.#context.receiveFrame(this.#frame)) === 0) {
      const picture = this.#frame.clone();
      if (picture) pictures.push(picture);
    }
    return pictures;
  }

  [Symbol.dispose](): void {
    this.#context.freeContext();
    this.#frame.free();
  }
}
