/** The form flow: from the authorization request through the provider's pages to the redirect URI, which is not requested. */

import { InternalError } from "../../errors.ts";
import { type Beginning, logInByForms } from "../forms/log-in.ts";
import type { Tokens } from "../id-token.ts";
import { buildAuthorization, isRedirect } from "./authorize.ts";
import { useBrowser } from "./browser-hint.ts";
import type { LoginContext } from "./context.ts";
import { redeem } from "./redeem.ts";

/** @throws LoginError; PersonNeededError; CancelledError */
export function logInByForm(context: LoginContext, redirectUri: string): Promise<Tokens> {
  const { metadata, provider: driver, login } = context;
  const [issuer, entrance] = [new URL(metadata.issuer), new URL(metadata.authorization_endpoint)];
  return logInByForms({
    ...context,
    driver,
    home: { driver: driver.name, id: metadata.issuer, issuer, entrance },
    useBrowser: useBrowser(driver, login),
    begin: () => begin(context, redirectUri),
    subjectOf: ({ idToken }) => idToken.subject,
  });
}

async function begin(context: LoginContext, redirectUri: string): Promise<Beginning<Tokens>> {
  const authorization = await buildAuthorization(context, context.login, redirectUri);
  return {
    startUrl: authorization.url,
    goal: { isEndUrl: (url) => isRedirect(url, redirectUri), isEndPage: () => false },
    finish: (end, username) => {
      if (end.kind !== "url") throw new InternalError("an authorization ends at its redirect URI");
      return redeem({ url: end.url, authorization, username }, context);
    },
  };
}
