/**
 * OneLogin's API for SAML: a user name, a password and an application's id → the SAML response itself, without a page or a session.
 *
 * Codes are sent like a login's (onelogin-api.ts), with the application's id. Here there is no `status`, and what is there stands at the top.
 *
 * @see https://developers.onelogin.com/api-docs/2/saml-assertions/generate-saml-assertion
 * @see https://developers.onelogin.com/api-docs/2/saml-assertions/verify-factor
 */

import { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { parseObject, textAt } from "../json.ts";
import { type LoginOutcome, type LoginUser, parseFactors, postJson, refusalOf } from "./onelogin-api.ts";

const VERIFY_PATH = "/api/2/saml_assertion/verify_factor";

export function buildAssertionRequest(origin: string, accessToken: Secret, user: LoginUser & { readonly appId: string }): HttpRequest {
  const { username, password, subdomain, appId } = user;
  const body = { username_or_email: username, password: password.reveal(), app_id: appId, subdomain };
  return postJson(new URL("/api/2/saml_assertion", origin), `bearer ${accessToken.reveal()}`, body);
}

/** The answer to this or to a verification. */
export function parseAssertion(response: HttpResponse, appId: string): LoginOutcome {
  const json = parseObject(response.body);
  if (response.status !== 200) return refusalOf(response, json);
  if (json === undefined) return { kind: "strange", what: "is no JSON object" };
  const [data, message = ""] = [textAt(json, "data"), textAt(json, "message")];
  if (data !== undefined) return { kind: "passed", result: new Secret(data) };
  const asked = parseFactors(json, VERIFY_PATH);
  if (asked?.kind === "second factor") return { ...asked, appId };
  if (/pending/i.test(message)) return { kind: "pending", message };
  return asked ?? { kind: "strange", what: "has neither data nor state_token" };
}
