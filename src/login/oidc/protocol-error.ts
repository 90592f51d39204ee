/**
 * What oauth4webapi throws → a LoginError that says what the provider said.
 *
 * The library's own error is not kept as the cause: it carries what it met (codes, tokens, keys), and -vv prints causes.
 */

import { AuthorizationResponseError, ResponseBodyError } from "oauth4webapi";

import { LoginError, messageOf, RunasError, shorten } from "../../errors.ts";
import { type Secret, withoutSecrets } from "../../secret.ts";

export interface Where {
  /** The provider's host. */
  readonly provider: string;
  readonly step: string;
  /** What was sent to it, and is taken out of what it says. */
  readonly secrets?: Secrets;
}

/** What a provider was sent; it may repeat it in what it says. */
export type Secrets = readonly (Secret | undefined)[];

/** What `work` throws becomes a LoginError: `provider-refused` for an OAuth error, else `otherwise`. */
export async function atStep<T>(where: Where, otherwise: "provider-answer" | "token-invalid", work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof RunasError) throw thrown;
    if (thrown instanceof ResponseBodyError || thrown instanceof AuthorizationResponseError) throw refusal(where, thrown);
    const problem = withoutSecrets(messageOf(thrown), where.secrets ?? []);
    throw new LoginError(otherwise, shorten(`the answer of ${where.provider} is not valid: ${problem}`), where);
  }
}

function refusal(where: Where, { error, error_description: description }: ResponseBodyError | AuthorizationResponseError): LoginError {
  return providerRefusal(where, error, description);
}

/** @param error the code, `description` the text, as in the answer (RFC 6749 section 5.2) */
export function providerRefusal(where: Where, error: string, description: string | undefined): LoginError {
  const words = withoutSecrets(description === undefined ? error : `${error}: ${description}`, where.secrets ?? []);
  return new LoginError("provider-refused", shorten(`${where.provider} refuses the login: ${words}`), where);
}
