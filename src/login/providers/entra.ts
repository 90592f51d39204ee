/**
 * Microsoft Entra ID, which was Azure AD: its login pages are scripts that work with an object in the page (`$Config`). What such a script would send
 * is sent here; plain forms among them, and those of an identity provider that Entra leads to, are left to the form walker.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow for what is documented: the beginning and the end
 */

import { LoginError, shorten } from "../../errors.ts";
import { formPost } from "../../http/form.ts";
import type { Page } from "../../http/page.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { objectAt } from "../json.ts";
import type { Demand } from "../forms/demand.ts";
import { acceptsIssuer, isEntraHost, isPortal, issuersOf, loginOriginsOf } from "./entra-clouds.ts";
import { CONSENT, NEW_PASSWORD, notAnswerable, refusalOf, SECURITY_INFO } from "./entra-errors.ts";
import { answerSecondFactor, asksForSecondFactor } from "./entra-mfa.ts";
import { buildPost, type EntraPage, notUnderstood, readEntraPage, requiredUrl, textOf, urlOf } from "./entra-page.ts";
import { readPortal, startApplication } from "./entra-portal.ts";
import { answerSignIn } from "./entra-sign-in.ts";
import { isInDomains } from "./hosts.ts";
import type { Provider, SignIn } from "./provider.ts";

export const entra: Provider = {
  name: "azuread",
  aliases: ["entra", "microsoft"],
  matches: ({ authorization_endpoint }) => isEntraHost(new URL(authorization_endpoint).hostname),
  ownsHost: (hostname) => isEntraHost(hostname) || isPortal(hostname),
  issuersOf,
  acceptsIssuer,
  loginOrigins: ({ entrance }) => loginOriginsOf(entrance.hostname),
  // The device code flow's page in the public cloud, in the United States' and in China's.
  devicePages: ["https://microsoft.com/devicelogin", "https://microsoft.com/deviceloginus", "https://microsoft.com/deviceloginchina"],
  browserRedirect: { uri: "http://localhost", as: "a redirect URI of mobile and desktop applications" },
  answer,
  read: (page, signIn) => readPlace(page) ?? readPortal(page, signIn),
};

type Handler = (page: EntraPage, signIn: SignIn) => HttpRequest | Promise<HttpRequest>;

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["ConvergedSignIn", answerSignIn],
  ["ConvergedTFA", (page, signIn) => (asksForSecondFactor(page) ? answerSecondFactor : skipRegistration)(page, signIn)],
  ["KmsiInterrupt", staySignedIn],
  ["CmsiInterrupt", confirmApplication],
  ["BssoInterrupt", repeatRequest],
  ["ConvergedProofUpRedirect", skipRegistration],
]);
/** What only a person can do, and how. */
const DEMANDS: ReadonlyMap<string, { readonly what: string; readonly hint?: string }> = new Map(
  Object.entries({
    ConvergedChangePassword: NEW_PASSWORD,
    ConvergedConsent: CONSENT,
    ConvergedConditionalAccess: { what: "what a conditional access policy wants of this device or application" },
  }),
);
/** Hosts of pages that Entra sends people to. */
const PLACES: readonly (readonly [domain: string, what: string])[] = [
  ["termsofuse.identitygovernance.azure.com", "its terms of use to be accepted"],
  ["account.activedirectory.windowsazure.com", "security information to be set up"],
  ["mysignins.microsoft.com", "security information to be set up"],
  ["login.live.com", "the login of a personal Microsoft account, which takes a browser"],
];

async function answer(response: HttpResponse, signIn: SignIn): Promise<HttpRequest | undefined> {
  checkFederation(response, signIn);
  const application = startApplication(response);
  if (application !== undefined) return application;
  if (response.url.pathname.endsWith("/cookiesdisabled")) throw notUnderstood(signIn.provider, "it says that its cookies do not come back");
  const isItsOwn = isEntraHost(response.url.hostname) || response.url.origin === signIn.home.entrance.origin;
  const page = isItsOwn ? readEntraPage(response, signIn.provider) : undefined;
  return page && answerPage(page, signIn);
}

function answerPage(page: EntraPage, signIn: SignIn): HttpRequest | Promise<HttpRequest> {
  const { fields, id } = page;
  const words = textOf(fields, "strServiceExceptionMessage");
  const number = /AADSTS(\d+)/.exec(words)?.[1] ?? numberOf(page);
  if (words !== "" || id === "ConvergedError" || (DEMANDS.has(id) && number !== "")) {
    throw refusalOf(number, words || textOf(fields, "strMainMessage"), signIn);
  }
  const demand = DEMANDS.get(id);
  if (demand !== undefined) throw notAnswerable(demand.what, signIn, demand.hint);
  const handler = HANDLERS.get(id) ?? handlerByContent(page);
  if (handler === undefined) throw notAnswerable(`what its page "${shorten(id)}" shows`, signIn);
  return handler(page, signIn);
}

/** "0" says that there is none. */
function numberOf({ fields }: EntraPage): string {
  const number = textOf(fields, "sErrorCode") || textOf(fields, "iErrorCode");
  return /^[1-9]\d{0,9}$/.test(number) ? number : "";
}

/** Pages that do not say what they are, or were given another name. */
function handlerByContent(page: EntraPage): Handler | undefined {
  if (asksForSecondFactor(page)) return answerSecondFactor;
  if (urlOf(page, "urlSkipMfaRegistration") !== undefined) return skipRegistration;
  if (urlOf(page, "urlPost")?.pathname.endsWith("/kmsi")) return staySignedIn;
  return urlOf(page, "urlGetCredentialType") === undefined ? undefined : answerSignIn;
}

/** "Stay signed in?" Yes: the session is kept, encrypted. */
function staySignedIn(page: EntraPage): HttpRequest {
  return buildPost(page, { LoginOptions: "1", type: "28" });
}

/** "Are you trying to sign in to …?", for redirect URIs that are not http. We are: the request was ours. */
function confirmApplication(page: EntraPage): HttpRequest {
  return buildPost(page, { ContinueAuth: "true", iscsrfspeedbump: "false" });
}

/** The page that looks for Windows' own session: the request again, as it was. */
function repeatRequest(page: EntraPage): HttpRequest {
  const url = requiredUrl(page, "urlPost");
  const parameters = Object.entries(objectAt(page.fields, "oPostParams")).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : [],
  );
  return parameters.length === 0 ? { method: "GET", url } : formPost(url, Object.fromEntries(parameters));
}

/** "More information required": may be put off for some days. */
function skipRegistration(page: EntraPage, signIn: SignIn): HttpRequest {
  const url = urlOf(page, "urlSkipMfaRegistration");
  if (url !== undefined) return { method: "GET", url };
  const state = textOf(page.fields, "sProofUpAuthState");
  const days = Number(textOf(page.fields, "iRemainingDaysToSkipMfaRegistration"));
  if (days > 0 && state !== "") return buildPost(page, { type: "22", request: state, ctx: state });
  throw notAnswerable("a second factor to be set up", signIn, SECURITY_INFO);
}

function readPlace({ url }: Page): Demand | undefined {
  // On this host, what is not an application's is the user's own.
  if (url.pathname.startsWith("/applications/")) return undefined;
  const what = PLACES.find(([domain]) => isInDomains(url.hostname, [domain]))?.[1];
  return what === undefined ? undefined : { kind: "person", what };
}

/**
 * AD FS numbers its errors (MSIS…), on pages without a form to go on with.
 *
 * @see https://learn.microsoft.com/windows-server/identity/ad-fs/troubleshooting/ad-fs-tshoot-overview
 */
function checkFederation({ url, body }: HttpResponse, { provider }: SignIn): void {
  const words = url.pathname.startsWith("/adfs/") ? /\bMSIS\d{3,5}\b[^<\n]{0,300}/.exec(body)?.[0] : undefined;
  if (words === undefined || /<input[^>]{0,300}type="?password/i.test(body)) return;
  throw new LoginError("provider-refused", shorten(`${provider} refuses the login: ${words}`), { provider, step: "login form" });
}
