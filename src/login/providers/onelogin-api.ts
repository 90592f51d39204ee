/**
 * OneLogin's login API: the requests, and what their answers say.
 *
 * Errors come in three shapes: `{"status":{"message"}}` (version 1), `{"statusCode","name","message"}` (version 2) and OAuth's.
 *
 * @see https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens
 * @see https://developers.onelogin.com/api-docs/1/login-page/create-session-login-token (there is no version 2 of it)
 * @see https://developers.onelogin.com/api-docs/1/login-page/verify-factor
 * @see https://developers.onelogin.com/api-docs/1/login-page/create-session-via-token
 */

import { formPost } from "../../http/form.ts";
import { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { isObject, isText, type Json, objectAt, objectsAt, parseObject, textAt } from "../json.ts";
import type { ApiCredentials } from "./onelogin-settings.ts";

export interface Device {
  readonly id: string;
  /** "OneLogin Protect". */
  readonly type: string;
}

export interface SecondFactor {
  readonly stateToken: Secret;
  readonly devices: readonly Device[];
  /** Path and query of where codes go; its host does not count. */
  readonly verifyPath: string;
  /** Of the application that a SAML response is wanted for; a code has to say it again. */
  readonly appId?: string | undefined;
}

/** `message` is OneLogin's own; undefined when the answer has none that we know. */
export interface Refusal {
  readonly kind: "refused";
  readonly status: number;
  readonly message: string | undefined;
}

export type LoginOutcome =
  /** What the login is for: the token of a session, or a SAML response in base64. */
  | { readonly kind: "passed"; readonly result: Secret }
  | ({ readonly kind: "second factor" } & SecondFactor)
  | { readonly kind: "pending"; readonly message: string }
  | { readonly kind: "strange"; readonly what: string }
  | Refusal;

const VERIFY_PATH = "/api/1/login/verify_factor";
/** What a header can carry. */
const TOKEN = /^[!-~]+$/;

export function buildTokenRequest(origin: string, { clientId, clientSecret }: ApiCredentials): HttpRequest {
  const pair = Buffer.from(`${clientId}:${clientSecret.reveal()}`).toString("base64");
  return postJson(new URL("/auth/oauth2/v2/token", origin), `Basic ${pair}`, { grant_type: "client_credentials" });
}

export function parseToken(response: HttpResponse): Secret | Refusal | undefined {
  const json = parseObject(response.body);
  if (response.status !== 200) return refusalOf(response, json);
  const token = json?.["access_token"];
  return isText(token) && TOKEN.test(token) ? new Secret(token) : undefined;
}

export interface LoginUser {
  readonly username: string;
  readonly password: Secret;
  readonly subdomain: string;
}

export function buildLoginRequest(origin: string, accessToken: Secret, user: LoginUser): HttpRequest {
  const body = { username_or_email: user.username, password: user.password.reveal(), subdomain: user.subdomain };
  return postJson(new URL("/api/1/login/auth", origin), `bearer ${accessToken.reveal()}`, body);
}

/** `code` undefined asks for a push, a text message, a call; `notify` false only asks how that stands. */
export function buildVerifyRequest(
  origin: string,
  accessToken: Secret,
  step: { readonly factor: SecondFactor; readonly device: Device; readonly code?: Secret | undefined; readonly notify: boolean },
): HttpRequest {
  const { factor, device, code, notify } = step;
  const body = {
    ...(factor.appId === undefined ? {} : { app_id: factor.appId }),
    device_id: device.id,
    state_token: factor.stateToken.reveal(),
    do_not_notify: !notify,
    ...(code === undefined ? {} : { otp_token: code.reveal() }),
  };
  return postJson(new URL(factor.verifyPath, origin), `bearer ${accessToken.reveal()}`, body);
}

/** The answer to a login or a verification. */
export function parseLogin(response: HttpResponse): LoginOutcome {
  const json = parseObject(response.body);
  if (response.status !== 200 || objectAt(json, "status")["error"] === true) return refusalOf(response, json);
  if (!isObject(json?.["status"])) return { kind: "strange", what: "has no status" };
  const message = textAt(json, "status", "message") ?? "";
  if (/pending/i.test(`${textAt(json, "status", "type")} ${message}`)) return { kind: "pending", message };
  const [data] = objectsAt(json, "data");
  return data === undefined ? { kind: "strange", what: "has no data" } : parseData(data);
}

export function buildSessionRequest(home: URL, token: Secret): HttpRequest {
  return formPost(new URL("/session_via_api_token", home), { session_token: token.reveal() });
}

function parseData(data: Json): LoginOutcome {
  const { session_token: sessionToken } = data;
  if (isText(sessionToken)) return { kind: "passed", result: new Secret(sessionToken) };
  return parseFactors(data, VERIFY_PATH) ?? { kind: "strange", what: "has neither session_token nor state_token" };
}

/**
 * @param defaultPath where codes go if it does not say
 * @returns undefined for what asks for no second factor
 */
export function parseFactors(data: Json, defaultPath: string): LoginOutcome | undefined {
  const { state_token: stateToken, devices, callback_url: callbackUrl } = data;
  if (!isText(stateToken)) return undefined;
  const known = (Array.isArray(devices) ? devices : []).map(parseDevice);
  const readable = known.filter((device) => device !== undefined);
  if (readable.length < known.length) return { kind: "strange", what: "names a device without device_id or device_type" };
  return { kind: "second factor", stateToken: new Secret(stateToken), devices: readable, verifyPath: pathOf(callbackUrl, defaultPath) };
}

/** Ids are numbers here and strings where they are sent. */
function parseDevice(json: unknown): Device | undefined {
  const [id, type] = [textAt(json, "device_id"), textAt(json, "device_type")];
  return id !== undefined && type !== undefined ? { id, type } : undefined;
}

function pathOf(url: unknown, defaultPath: string): string {
  if (!isText(url) || !URL.canParse(url)) return defaultPath;
  const { pathname, search } = new URL(url);
  return pathname.startsWith("//") ? defaultPath : pathname + search;
}

export function postJson(url: URL, authorization: string, body: unknown): HttpRequest {
  const headers = { authorization, accept: "application/json", "content-type": "application/json" };
  return { method: "POST", url, headers, body: JSON.stringify(body) };
}

export function refusalOf({ status }: HttpResponse, json: Json | undefined): Refusal {
  const places = [["status", "message", "description"], ["status", "message"], ["message"], ["error_description"], ["error"]];
  return { kind: "refused", status, message: places.map((path) => textAt(json, ...path)).find((text) => text !== undefined) };
}
