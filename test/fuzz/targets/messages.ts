import type * as v from "valibot";
import { decode, encode } from "../../../src/protocol/codec.ts";
import { SightlineError } from "../../../src/protocol/errors.ts";
import * as http from "../../../src/protocol/http.ts";
import { MESSAGE_MAX_BYTES } from "../../../src/protocol/limits.ts";
import * as messages from "../../../src/protocol/messages.ts";
import * as offer from "../../../src/protocol/offer.ts";
import { PatchParameters, StreamParameters } from "../../../src/protocol/stream.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

type Schema = v.GenericSchema<unknown, unknown>;

const exported: unknown[] = [...Object.values({ ...http, ...messages, ...offer }), StreamParameters, PatchParameters];
const SCHEMAS = exported.filter((value): value is Schema => typeof value === "object");
const CODES = ["invalid-json", "invalid-message", "unknown-type", "message-too-large"];

/** Every message and every body, each input read by every schema. */
export default {
  maxBytes: MESSAGE_MAX_BYTES + 16,
  words: [
    ...["offer", "answer", "candidate", "resume", "bye", "welcome", "report", "error", "parameters", "paused"].map(
      (type) => `{"type":"${type}",`,
    ),
    ...["viewer", "connection", "sdp", "proof", "iceServers", "urls", "code", "message", "report", "cameras"].map(
      (name) => `"${name}":`,
    ),
    ...['"constructor":', '"__proto__":{"polluted":1}', "[", "]", "{", "}", ",", "null", "true", "1e400", '"\\ud800"'],
    `"${"V".repeat(22)}"`,
    `"${"T".repeat(43)}"`,
  ],
  quickInputs: 300,
  covers: ["/src/protocol/", "/node_modules/valibot/"],
  run(input) {
    const text = input.toString();
    for (const schema of SCHEMAS) {
      try {
        const message = decode(schema, text);
        must(input.length <= MESSAGE_MAX_BYTES, "nothing above the cap is read");
        // A round trip through text, which drops what is `undefined`.
        const again = decode(schema, encode(message as object), Number.MAX_SAFE_INTEGER);
        must(encode(again as object) === encode(message as object), "a message that was read reads alike again");
      } catch (error) {
        if (!(error instanceof SightlineError)) throw error;
        must(CODES.includes(error.code), `a message is not refused with ${error.code}`);
        must(error.message.length < 400, "an error does not quote what it could not read");
      }
    }
    must(!("polluted" in {}), "no message reaches Object.prototype");
  },
} satisfies FuzzTarget;
