import { type ErrorCode, SightlineError } from "../../protocol/errors.ts";

/** An answer that crosses RPC: error classes do not survive there, codes do. */
export type Reply<T> = { ok: true; value: T } | { ok: false; code: ErrorCode; message: string };

export function reply<T>(answer: () => T): Reply<T> {
  try {
    return { ok: true, value: answer() };
  } catch (error) {
    return refusal(error);
  }
}

export async function replyLater<T>(answer: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await answer() };
  } catch (error) {
    return refusal(error);
  }
}

/** Rethrows what is no error of the table. */
export function refusal(error: unknown): Reply<never> {
  if (!(error instanceof SightlineError)) throw error;
  return { ok: false, code: error.code, message: error.message };
}

/** @throws SightlineError what the other side refused with */
export function unwrap<T>(answer: Reply<T>): T {
  if (answer.ok) return answer.value;
  throw new SightlineError(answer.code, answer.message);
}
