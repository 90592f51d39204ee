/**
 * ForgeRock, Ping AM and OpenAM: its login pages are programs for a browser, so a login answers the callbacks that such a program would show,
 * then asks again for what the login started with, OIDC's authorization or SAML's page.
 */

import { settingKey } from "../../config/setting-key.ts";
import { LoginError } from "../../errors.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { isInDomains } from "./hosts.ts";
import { answerOAuthPage, refuseSamlError } from "./forgerock-pages.ts";
import { isAmPage, samlStartOf } from "./forgerock-saml.ts";
import { keepAmSession } from "./forgerock-session.ts";
import { signInByCallbacks } from "./forgerock-sign-in.ts";
import { amIssuersOf, type AmPlace, placeOf } from "./forgerock-urls.ts";
import { perLogin } from "./per-login.ts";
import type { Provider, SignIn } from "./provider.ts";

export const forgerock: Provider = {
  name: "forgerock",
  aliases: ["pingam", "openam"],
  matches: ({ token_endpoint }) => /\/oauth2\/(.*\/)?access_token$/.test(new URL(token_endpoint).pathname),
  ownsHost: (hostname) => isInDomains(hostname, ["forgeblocks.com"]),
  ownsPage: isAmPage,
  issuersOf: amIssuersOf,
  samlStart: samlStartOf,
  answer: answerAmPage,
};

/** Where a login has been logged in: a page that asks again does not know the session. */
const placesOf = perLogin(() => new Set<string>());

async function answerAmPage(response: HttpResponse, signIn: SignIn): Promise<HttpRequest | undefined> {
  const isOurs = signIn.home.driver === forgerock.name;
  const place = placeOf(response.url, signIn, isOurs);
  if (place === undefined) return isOurs ? answerOtherPage(response, signIn) : undefined;
  noteLogin(place, signIn);
  const session = await signInByCallbacks(place, signIn);
  await keepAmSession(session, place.base, signIn);
  const url = place.after ?? ownUrl(session.successUrl, place.base);
  if (url === undefined) throw refused(signIn, "does not say where to go on after the login");
  return { method: "GET", url };
}

function answerOtherPage(response: HttpResponse, signIn: SignIn): HttpRequest | undefined {
  if (signIn.login.kind === "oidc") return answerOAuthPage(response, signIn);
  refuseSamlError(response, signIn);
  return undefined;
}

function noteLogin({ base, realm }: AmPlace, signIn: SignIn): void {
  const places = placesOf(signIn);
  const place = `${base} ${realm}`;
  const hint = `it may want a stronger login for this: name its service with ${settingKey(signIn.login, "auth_service")}`;
  if (places.has(place)) throw refused(signIn, "logs in and asks to log in again", hint);
  places.add(place);
}

/** Nothing goes to another origin that a login merely names. */
function ownUrl(successUrl: string | undefined, base: string): URL | undefined {
  const url = successUrl !== undefined && URL.canParse(successUrl, base) ? new URL(successUrl, base) : undefined;
  return url?.origin === new URL(base).origin ? url : undefined;
}

function refused({ provider }: SignIn, what: string, hint?: string): LoginError {
  return new LoginError("provider-refused", `${provider} ${what}`, { provider, step: "login", hint });
}
