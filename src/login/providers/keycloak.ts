/**
 * Keycloak (seen with 26.4): its login is plain HTML forms, with a few that need help (keycloak-page.ts); what a user has to do first
 * ("required actions") has an address of its own, which names it.
 */

import { printable } from "../../errors.ts";
import type { Page } from "../../http/page.ts";
import type { Demand } from "../forms/demand.ts";
import { realmOf } from "./keycloak-broker.ts";
import { readKeycloakPage } from "./keycloak-page.ts";
import type { Provider } from "./provider.ts";

const ACTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    UPDATE_PASSWORD: "a new password",
    CONFIGURE_TOTP: "an authenticator app to be set up",
    CONFIGURE_RECOVERY_AUTHN_CODES: "recovery codes to be set up",
    UPDATE_PROFILE: "the user's profile to be completed",
    VERIFY_PROFILE: "the user's profile to be completed",
    VERIFY_EMAIL: "the e-mail address to be verified",
    UPDATE_EMAIL: "a new e-mail address",
    TERMS_AND_CONDITIONS: "its terms to be accepted",
    "webauthn-register": "a security key to be set up",
    "webauthn-register-passwordless": "a passkey to be set up",
    delete_credential: "a credential to be deleted",
    delete_account: "the account to be deleted",
    idp_link: "an account at another provider to be linked",
  }),
);

/** Asked for like a required action, but answered by a form: consent. */
const ANSWERABLE = "OAUTH_GRANT";

const PAGES = /\/realms\/[^/]+\/(protocol\/(openid-connect\/auth|saml)|login-actions|broker)(\/|$)/;

export const keycloak: Provider = {
  name: "keycloak",
  matches: (metadata) => new URL(metadata.authorization_endpoint).pathname.endsWith("/protocol/openid-connect/auth"),
  ownsPage: ({ pathname }) => PAGES.test(pathname),
  placeOf: realmOf,
  authorizationParameters: ({ idpHint }): Readonly<Record<string, string>> => (idpHint === undefined ? {} : { kc_idp_hint: idpHint.value }),
  read: (page, signIn) => requiredAction(page) ?? readKeycloakPage(page, signIn),
  accountUrl: ({ issuer }) => new URL(`${issuer.protocol}//${realmOf(issuer)}/account`),
};

function requiredAction(page: Page): Demand | undefined {
  const action = page.url.searchParams.get("execution");
  if (!page.url.pathname.endsWith("/login-actions/required-action") || action === null || action === ANSWERABLE) return undefined;
  return { kind: "person", what: `${ACTIONS.get(action) ?? "a required action"} (${printable(action)})` };
}
