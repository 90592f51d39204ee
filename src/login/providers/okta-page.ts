/**
 * A page of an Okta org → whether it is the sign-in page, and the state token in it.
 *
 * Identity Engine's pages carry one; Classic's carry none, or one that starts with "00". The hosted page has it as `var stateToken = '…'`,
 * with \x escapes, one under a custom domain as `oktaData.signIn.stateToken` (okta-signin-widget: OktaSignIn.ts, Util.isV1StateToken).
 */

import { Secret } from "../../secret.ts";
import type { HttpResponse } from "../../world.ts";
import { unescapeScript } from "./script-string.ts";

export interface SignInPage {
  /** Undefined for Classic's, which starts from nothing. */
  readonly stateToken: Secret | undefined;
}

const TOKEN = /\bstateToken["']?\s*[:=]\s*(?:"((?:[^"\\\n]|\\.){1,20000})"|'((?:[^'\\\n]|\\.){1,20000})')/;
const SIGN_IN_PATH = /^\/(login\/(login\.htm|default)|signin(\/.*)?)$/;
const SIGN_IN_SCRIPT = /OktaSignIn|OktaUtil|okta-sign-?in|okta-login-container/;

/** Undefined for a page of another kind. */
export function readSignInPage({ url, body }: HttpResponse): SignInPage | undefined {
  const token = readStateToken(body);
  if (token !== undefined) return { stateToken: new Secret(token) };
  const isSignIn = SIGN_IN_PATH.test(url.pathname) || url.searchParams.has("fromURI") || SIGN_IN_SCRIPT.test(body);
  return isSignIn ? { stateToken: undefined } : undefined;
}

/** Of Classic's transactions, which the Authentication API goes on with. */
export function isClassicToken(token: Secret): boolean {
  return token.reveal().startsWith("00");
}

function readStateToken(html: string): string | undefined {
  const [, double, single] = TOKEN.exec(html) ?? [];
  const literal = double ?? single;
  return literal === undefined ? undefined : unescapeScript(literal);
}
