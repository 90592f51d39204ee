/**
 * Logins at another provider behind Keycloak ("identity brokering"): which one to go to, and what Keycloak asks when somebody comes back from
 * it for the first time.
 */

import type { ProviderLogin } from "../../config/profile.ts";
import { settingKey } from "../../config/setting-key.ts";
import type { Page } from "../../http/page.ts";
import { type Demand, mainButton } from "../forms/demand.ts";
import { roleOf } from "../forms/fields.ts";
import type { Home } from "../forms/home.ts";

const SOCIAL = /^social-(.+)$/;

/** "…/realms/r", without the host's scheme: "sso.example/realms/r". Undefined for an address that is none of Keycloak's. */
export function realmOf(url: URL): string | undefined {
  const path = /^(.*\/realms\/[^/]+)(?:\/|$)/.exec(url.pathname)?.[1];
  return path === undefined ? undefined : url.host + path;
}

/**
 * The link that stands for web_identity_idp_hint on the realm's own login page: kc_idp_hint in the authorization request has brought nobody
 * past it, because the realm knows no such provider or has no "Identity Provider Redirector" in its flow.
 */
export function brokerDemand(page: Page, { home, login }: { home: Home; login: ProviderLogin }): Demand | undefined {
  if (realmOf(page.url) !== realmOf(home.issuer)) return undefined;
  const offered = page.links.flatMap((link) => {
    const alias = SOCIAL.exec(link.id)?.[1];
    return alias === undefined ? [] : [{ alias, url: link.url }];
  });
  const asksForLogin = page.forms.some((form) => form.fields.some((field) => ["username", "password"].includes(roleOf(field))));
  const hint = login.idpHint?.value;
  if (hint === undefined) return asksForLogin || offered.length === 0 ? undefined : unchosen(offered, settingKey(login, "idp_hint"));
  if (!asksForLogin && offered.length === 0) return undefined;
  const startsOver = hasTimedOut(page);
  if (page.errors[0] !== undefined && !startsOver) return { kind: "refusal", text: `says: ${page.errors[0]}` };
  const wanted = offered.find(({ alias }) => alias === hint);
  return wanted === undefined
    ? unknown({ hint, key: settingKey(login, "idp_hint") }, offered)
    : { kind: "follow", url: wanted.url, startsOver };
}

/** A login that took too long is sent back to its first page, whose address then names no step. */
export function hasTimedOut({ url, errors }: Page): boolean {
  const names = ["execution", "session_code"];
  return errors.length > 0 && url.pathname.endsWith("/login-actions/authenticate") && !names.some((name) => url.searchParams.has(name));
}

type Offered = readonly { readonly alias: string }[];

function unchosen(offered: Offered, key: string): Demand {
  return {
    kind: "refusal",
    text: `offers the identity providers ${namesOf(offered)}`,
    hint: `set ${key} to the one to log in at`,
  };
}

function unknown({ hint, key }: { hint: string; key: string }, offered: Offered): Demand {
  const others = offered.length === 0 ? "" : `, only ${namesOf(offered)}`;
  return {
    kind: "refusal",
    text: `offers no identity provider "${hint}"${others}`,
    hint: `${key} is the provider's alias in Keycloak; without it the login is at the realm itself`,
  };
}

function namesOf(offered: Offered): string {
  return offered.map(({ alias }) => alias).join(", ");
}

/** After the first login at another provider. A profile that is complete is confirmed as it stands; linking accounts is the person's. */
export function linkingDemand(page: Page): Demand | undefined {
  if (!page.url.pathname.endsWith("/login-actions/first-broker-login")) return undefined;
  const review = page.forms.find(({ id }) => id === "kc-idp-review-profile-form");
  if (review === undefined) return { kind: "person", what: linkingStep(page) };
  const [error] = page.errors;
  const isComplete = error === undefined && review.fields.every((field) => roleOf(field) === "none" || field.value !== "");
  if (isComplete) return { kind: "go-on", form: review, button: mainButton(review) };
  return { kind: "person", what: `the user's profile to be completed${error === undefined ? "" : ` (${error})`}` };
}

function linkingStep({ forms }: Page): string {
  if (forms.some((form) => form.buttons.some(({ name }) => name === "submitAction")))
    return "a decision: an account of this name exists already";
  if (forms.some((form) => form.fields.some((field) => roleOf(field) === "password"))) return "the password of the account to be linked";
  return "the accounts to be linked, by the e-mail that it sends";
}
