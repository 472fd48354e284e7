import { type ExitReason, SenderError } from "./errors.ts";

/**
 * What is said of a folder in which nothing can be kept.
 * @param reason `usage` where it cannot be read, `failed` where it cannot be written, which may pass
 */
export function unusableState(folder: string, cause: unknown, reason: ExitReason): SenderError {
  const why = cause instanceof Error ? cause.message : "unknown reason";
  const message = `The state folder ${folder} cannot be used: ${why}. Choose another with --state.`;
  return new SenderError(reason, "state-unusable", message, { cause });
}
