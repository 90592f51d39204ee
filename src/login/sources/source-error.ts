/** The error of a source that gives no usable id token. It may pass: files are rewritten, services come back. */

import { LoginError } from "../../errors.ts";

interface Details {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** `message` names the setting; nothing that the source gave is in it. */
export function sourceError(message: string, details: Details = {}): LoginError {
  return new LoginError("token-unavailable", message, { provider: "token source", step: "token", ...details });
}
