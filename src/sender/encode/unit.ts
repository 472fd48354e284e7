/** One encoded picture: what the packetizer turns into packets, once for all viewers. */
export interface EncodedUnit {
  /** H.264 NAL units (ITU-T H.264) without start codes, parameter sets first in a keyframe. */
  nals: Buffer[];
  keyframe: boolean;
  /** `performance.now()` when the picture was taken. */
  capturedAtMs: number;
  /** `performance.now()` when the encoder gave it out. */
  encodedAtMs: number;
}

export interface EncoderSettings {
  width: number;
  height: number;
  fps: number;
  bitrateBps: number;
}
