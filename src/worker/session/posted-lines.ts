import { utf8 } from "../../protocol/bytes.ts";
import { encode } from "../../protocol/codec.ts";
import { SightlineError } from "../../protocol/errors.ts";
import type { PostedAnswer, PostedStandby } from "../../protocol/offer.ts";

/** Two lines: one that is known already, and what came of the offer. */
export function inLines(first: PostedStandby, posted: Promise<PostedAnswer>): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const say = (line: object) => writer.write(utf8(`${encode(line)}\n`));
  Promise.all([say(first), posted.catch(bodyOf).then(say)])
    .then(() => writer.close())
    // The page is gone: its offer may still be answered, to nobody.
    .catch(() => undefined);
  return readable;
}

function bodyOf(error: unknown): object {
  if (error instanceof SightlineError) return error.toBody();
  console.error("POST /api/sessions/:id/offer failed", error);
  return new SightlineError("internal").toBody();
}
