import { addressKey } from "../../../src/worker/limits/address.ts";
import { accepts, mediaTypeOf } from "../../../src/worker/media-type.ts";
import { iceLinks } from "../../../src/worker/routes/whep-links.ts";
import { ifMatchHolds } from "../../../src/worker/session/etag.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

const TAG = "T".repeat(22);

/** What the edge reads out of headers, and what it writes into them. */
export default {
  maxBytes: 8_192,
  words: ["application/sdp", "*/*", ";q=0.5", ",", '"', "W/", `"${TAG}"`, "::ffff:", "192.0.2.1", "%eth0", "turn:"],
  quickInputs: 3_000,
  covers: ["/src/worker/", "/node_modules/hono/"],
  run(input) {
    // Headers are bytes to the runtime, and text of one byte each to the code.
    const text = input.toString("latin1");
    must(typeof accepts(text, "application/sdp") === "boolean", "any Accept header is an answer");
    must(!mediaTypeOf(text)?.includes(";"), "a media type has no parameters");
    must(addressKey(text).length <= text.length + 12, "an address is counted by no more than it is");
    must(!ifMatchHolds(text, TAG) || /\*|T{22}/.test(text), "only * and the tag itself hold");
    for (const link of iceLinks([{ urls: [`turn:${text}`], username: text, credential: text }])) {
      must(/^[\x20-\x7e]*$/.test(link), "a header stays one line");
      must(link.split('"').length >= 3, "a header's quotes are closed");
    }
  },
} satisfies FuzzTarget;
