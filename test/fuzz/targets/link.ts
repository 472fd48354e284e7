import { SightlineError } from "../../../src/protocol/errors.ts";
import { formatLink, parseLink } from "../../../src/protocol/link.ts";
import { type FuzzTarget, must } from "../engine/target.ts";

/** One for each part of a link that can be wrong: were a part quoted, there would be no end of them. */
const SENTENCES_MAX = 5;
const sentences = new Set<string>();

/** Links as people paste them. */
export default {
  maxBytes: 512,
  words: ["https://", "http://", "/s/", "#", "operator.", "session-", "@", "[::1]", "?", "javascript:", "A".repeat(22)],
  quickInputs: 3_000,
  covers: ["/src/protocol/"],
  run(input) {
    const text = input.toString();
    try {
      const link = parseLink(text);
      const again = parseLink(formatLink(link));
      must(JSON.stringify(again) === JSON.stringify(link), "a link that was read is written as it is read");
      must(/^https?:\/\/[^/@#?]+$/.test(link.origin), "an origin holds no name, path or secret");
    } catch (error) {
      if (!(error instanceof SightlineError)) throw error;
      must(error.code === "bad-request", "a link that cannot be read is the reader's error");
      must(sentences.add(error.message).size <= SENTENCES_MAX, "no error quotes the link, which holds a secret");
    }
  },
} satisfies FuzzTarget;
