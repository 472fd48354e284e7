import type * as v from "valibot";
import { decode } from "../protocol/codec.ts";
import { SightlineError } from "../protocol/errors.ts";
import { MESSAGE_MAX_BYTES } from "../protocol/limits.ts";

/**
 * Reads a JSON body of a peer that is not trusted, never holding more than the cap.
 * @throws SightlineError `message-too-large`, `invalid-json` or `invalid-message`
 */
export async function readBody<S extends v.GenericSchema<unknown, unknown>>(
  request: Request,
  schema: S,
): Promise<v.InferOutput<S>> {
  return decode(schema, await readText(request, MESSAGE_MAX_BYTES));
}

/**
 * The same for a body of text.
 * @throws SightlineError `message-too-large`
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = new SightlineError("message-too-large", `The body is larger than ${maxBytes} bytes.`);
  if (Number(request.headers.get("Content-Length") ?? 0) > maxBytes) throw tooLarge;
  if (!request.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let receivedBytes = 0;
  // Content-Length may be absent or a lie, so what really arrives is counted as well.
  for await (const chunk of request.body as ReadableStream<Uint8Array>) {
    receivedBytes += chunk.byteLength;
    if (receivedBytes > maxBytes) throw tooLarge;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
