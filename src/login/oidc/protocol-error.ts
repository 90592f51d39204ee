/** What oauth4webapi throws → a LoginError that says what the provider said. */

import { AuthorizationResponseError, OperationProcessingError, ResponseBodyError, UnsupportedOperationError } from "oauth4webapi";

import { LoginError, printable, RunasError } from "../../errors.ts";

export interface Where {
  /** The provider's host. */
  readonly provider: string;
  readonly step: string;
}

const MAX_LENGTH = 500;

/** Rejections of `work` become LoginErrors: `provider-refused` for an OAuth error, `otherwise` for an answer that breaks the protocol. */
export async function atStep<T>(where: Where, otherwise: "provider-answer" | "token-invalid", work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RunasError) throw cause;
    if (cause instanceof ResponseBodyError || cause instanceof AuthorizationResponseError) throw refusal(where, cause);
    if (cause instanceof OperationProcessingError || cause instanceof UnsupportedOperationError) {
      throw new LoginError(otherwise, shorten(`${where.provider}: ${cause.message}`), { ...where, cause });
    }
    throw cause;
  }
}

function refusal(where: Where, cause: ResponseBodyError | AuthorizationResponseError): LoginError {
  const description = cause.error_description === undefined ? "" : `: ${cause.error_description}`;
  return new LoginError("provider-refused", shorten(`${where.provider} refuses the login: ${cause.error}${description}`), {
    ...where,
    cause,
  });
}

/** Fit for one line of a terminal. */
export function shorten(text: string): string {
  return printable(text.replaceAll(/\s+/g, " ").trim()).slice(0, MAX_LENGTH);
}
