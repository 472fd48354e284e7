import { utf8 } from "../../protocol/bytes.ts";
import { encode } from "../../protocol/codec.ts";
import { SightlineError } from "../../protocol/errors.ts";
import type { PostedAnswer, PostedStandby } from "../../protocol/offer.ts";

/** Two lines: one that is known already, and what came of the offer. */
export function inLines(first: PostedStandby, posted: Promise<PostedAnswer>): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const say = (line: object) => writer.write(utf8(`${encode(line)}\n`));
  const write = async () => {
    // Both are under way: the second does not wait until the first was read.
    const told = say(first);
    const second = await posted.catch((error: unknown) => bodyOf(error));
    await told;
    await say(second);
    await writer.close();
  };
  // The page is gone: its offer may still be answered, to nobody.
  write().catch(() => undefined);
  return readable;
}

function bodyOf(error: unknown): object {
  if (error instanceof SightlineError) return error.toBody();
  console.error("POST /api/sessions/:id/offer failed", error);
  return new SightlineError("internal").toBody();
}
