/** What the process exits with; scripts and service managers rely on these. */
export const EXIT = { ok: 0, failed: 1, usage: 2, edge: 3, camera: 4, replaced: 5 } as const;

export type ExitReason = keyof typeof EXIT;

/** A failure that a person must act on: the message says what happened and what to do. */
export class SenderError extends Error {
  override readonly name = "SenderError";
  readonly reason: ExitReason;
  /** Short machine-readable name, printed in the `error` event of `--json`. */
  readonly code: string;

  constructor(reason: ExitReason, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.code = code;
  }
}

export function usageError(message: string): SenderError {
  return new SenderError("usage", "usage", message);
}

export function cameraError(message: string, cause?: unknown): SenderError {
  return new SenderError("camera", "camera-unusable", message, { cause });
}

export function edgeError(code: string, message: string, cause?: unknown): SenderError {
  return new SenderError("edge", code, message, { cause });
}
