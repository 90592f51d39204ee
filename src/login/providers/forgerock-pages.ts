/**
 * The pages of AM's authorization endpoint and of its SAML entrance. Those of the first hold no forms, only data for a script: consent, which is
 * agreed to, and errors. Those of the second are a form for AWS, which is the end, or an error page of the server that AM runs in.
 *
 * Consent is answered with `decision=allow` and the page's `csrf`, which is the session's token: Ping AM's guide, "OAuth 2.0 endpoints:
 * /oauth2/authorize" (https://docs.pingidentity.com/pingam/8/am-oauth2/oauth2-authorize-endpoint.html), and OpenAM 16.
 */

import { LoginError, shorten } from "../../errors.ts";
import { formPost } from "../../http/form.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { parseJson } from "../json.ts";
import { isSamlStart } from "./forgerock-saml.ts";
import type { SignIn } from "./provider.ts";

/** Where AM has errors of SAML shown, in some configurations. */
const SAML_ERROR = /\/saml2\/jsp\/saml2error\.jsp$/;
const TEXT = String.raw`["']?\s*:\s*("(?:[^"\\\n]|\\.)*")`;

/** @throws LoginError `provider-refused` for an error page; undefined when it is another page */
export function answerOAuthPage({ status, url, body }: HttpResponse, signIn: SignIn): HttpRequest | undefined {
  const endpoint = signIn.home.entrance;
  if (url.origin !== endpoint.origin || url.pathname !== endpoint.pathname || !body.includes("pageData")) return undefined;
  if (status >= 400) throw errorPage(status, body, signIn);
  const csrf = valueIn(body, "csrf");
  return csrf === undefined ? undefined : formPost(url, { decision: "allow", csrf });
}

function errorPage(status: number, body: string, { provider, answers }: SignIn): LoginError {
  const words = ["message", "description"].map((name) => valueIn(body, name)).filter((value) => value !== undefined && value !== "");
  const hint = answers.wereGiven ? undefined : "web_identity_client_id and web_identity_redirect_uri must be as they are registered there";
  const text = shorten(words.join(": "));
  return new LoginError("provider-refused", `${provider} answers ${status}${text === "" ? "" : `: ${text}`}`, {
    provider,
    step: "authorize",
    hint,
  });
}

/** @throws LoginError `provider-refused` for an error page of the SAML entrance */
export function refuseSamlError({ status, url, body }: HttpResponse, { provider, home }: SignIn): void {
  if (status < 400 || url.origin !== home.entrance.origin || !(isSamlStart(url) || SAML_ERROR.test(url.pathname))) return;
  const [, words = ""] = /<b>Message<\/b>\s*([^<]{1,500})/.exec(body) ?? [];
  const text = shorten(words.trim()).replace(/\.$/, "");
  throw new LoginError("provider-refused", `${provider} answers ${status}${text === "" ? "" : `: ${text}`}`, {
    provider,
    step: "login",
    hint: status >= 500 ? undefined : entranceHint([url, home.entrance].find(isSamlStart)),
  });
}

function entranceHint(start: URL | undefined): string | undefined {
  if (start === undefined) return undefined;
  const [alias, application] = ["metaAlias", "spEntityID"].map((name) => shorten(start.searchParams.get(name) ?? "nothing"));
  const example = `${start.origin}${start.pathname}?metaAlias=/REALM/NAME&spEntityID=urn:amazon:webservices`;
  return `it was asked for the identity provider ${alias} and the application ${application}; saml_auth_url = ${example} names others`;
}

/** The first text of this name in the page's script. */
function valueIn(body: string, name: string): string | undefined {
  const script = body.slice(body.indexOf("pageData"));
  const [, literal] = new RegExp(String.raw`\b${name}${TEXT}`).exec(script) ?? [];
  const value = literal === undefined ? undefined : parseJson(literal);
  return typeof value === "string" ? value : undefined;
}
