/** The redirect that ends an authorization request → validated tokens: checked, its code traded, the id token validated. */

import { Secret } from "../../secret.ts";
import type { Tokens } from "../id-token.ts";
import { type Authorization, readRedirect } from "./authorize.ts";
import type { LoginContext } from "./context.ts";
import { exchangeCode } from "./exchange.ts";
import { atStep } from "./protocol-error.ts";
import { validateTokens } from "./validate.ts";

export interface Redirect {
  readonly url: URL;
  readonly authorization: Authorization;
  /** Who logged in, if that was asked or configured. */
  readonly username: string | undefined;
}

/** @throws what `readRedirect` and `validateTokens` throw */
export async function redeem({ url, authorization, username }: Redirect, { metadata, host, http, tools }: LoginContext): Promise<Tokens> {
  const parameters = await readRedirect(url, authorization, metadata);
  const response = await atStep({ provider: host, step: "token" }, "provider-answer", () =>
    exchangeCode(parameters, authorization, metadata, http("token")),
  );
  const secrets = [new Secret(parameters.get("code") ?? ""), ...authorization.secrets];
  return validateTokens(response, { authorization: { ...authorization, secrets }, metadata, username }, { ...tools, http: http("keys") });
}
