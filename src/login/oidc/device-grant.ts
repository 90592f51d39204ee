/**
 * The device authorization grant on the wire: what is asked for a code, and what the token endpoint says while a person enters it (RFC 8628
 * sections 3.1 to 3.5). With PKCE, which the grant does not know and Keycloak asks for where a client has it required; others ignore it.
 */

import {
  calculatePKCECodeChallenge,
  deviceAuthorizationRequest,
  deviceCodeGrantRequest,
  generateRandomCodeVerifier,
  processDeviceAuthorizationResponse,
} from "oauth4webapi";

import { LoginError, shorten } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Http } from "../../world.ts";
import { clientAuth } from "./client-auth.ts";
import type { LoginContext } from "./context.ts";
import { checkDevicePage } from "./device-page.ts";
import { by, readObject } from "./fetch.ts";
import { atStep, providerRefusal, type Where } from "./protocol-error.ts";

export interface DeviceCode {
  readonly deviceCode: Secret;
  readonly codeVerifier: Secret;
  /** What the person enters; printable. */
  readonly userCode: string;
  readonly page: URL;
  /** The same page with the code in it, where the provider has one. */
  readonly pageWithCode: URL | undefined;
  readonly lifeMs: number;
  readonly intervalMs: number;
}

/** `busy`: the server cannot answer now; `waitMs` is what it asks for. */
export type Poll =
  | { readonly kind: "tokens"; readonly response: Response }
  | { readonly kind: "pending" | "slow-down" }
  | { readonly kind: "busy"; readonly waitMs: number; readonly failure: LoginError };

const STEP = "device login";
const INTERVAL_MS = 5_000;
const SHORTEST_INTERVAL_MS = 1_000;
/** Whatever the provider says, a person who has not come in this time does not come. */
const LONGEST_LIFE_MS = 900_000;

/** @throws LoginError `provider-refused`, `provider-answer`, `provider-unreachable`, `untrusted-destination` */
export async function requestDeviceCode(context: LoginContext): Promise<DeviceCode> {
  const { metadata, login, host, http } = context;
  const client = { client_id: login.clientId.value };
  const codeVerifier = generateRandomCodeVerifier();
  const parameters = {
    scope: login.scopes.join(" "),
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  };
  const where = { provider: host, step: STEP, secrets: [login.clientSecret?.value] };
  const answer = await atStep(where, "provider-answer", async () => {
    const response = await deviceAuthorizationRequest(metadata, client, clientAuth(login, metadata), parameters, by(http(STEP)));
    return processDeviceAuthorizationResponse(metadata, client, await inTheStandardsWords(response));
  });
  const { verification_uri_complete: complete } = answer;
  return {
    deviceCode: new Secret(answer.device_code),
    codeVerifier: new Secret(codeVerifier),
    userCode: shorten(answer.user_code),
    page: checkDevicePage(answer.verification_uri, context),
    pageWithCode: complete === undefined ? undefined : checkDevicePage(complete, context),
    lifeMs: Math.min(answer.expires_in * 1000, LONGEST_LIFE_MS),
    intervalMs: Math.max((answer.interval ?? INTERVAL_MS / 1000) * 1000, SHORTEST_INTERVAL_MS),
  };
}

/** Google and Entra v1 say `verification_url`, and Entra v1 writes numbers as strings. */
async function inTheStandardsWords(response: Response): Promise<Response> {
  if (!response.ok) return response;
  const json = await readObject(response.clone());
  const { verification_uri = json["verification_url"], interval } = json;
  const words = { ...json, verification_uri, interval: typeof interval === "string" ? Number(interval) : interval };
  return new Response(JSON.stringify(words), response);
}

/**
 * Asks for the tokens once.
 *
 * @throws LoginError `approval-refused` when the person said no or the code has expired, `provider-refused`, `provider-answer`
 */
export async function pollForTokens(code: DeviceCode, { metadata, login, host }: LoginContext, http: Http): Promise<Poll> {
  const options = { ...by(http), additionalParameters: { code_verifier: code.codeVerifier.reveal() } };
  const client = { client_id: login.clientId.value };
  const where = { provider: host, step: STEP, secrets: [code.deviceCode, code.codeVerifier, login.clientSecret?.value] };
  try {
    return await atStep(where, "provider-answer", async () => {
      const auth = clientAuth(login, metadata);
      return readPoll(await deviceCodeGrantRequest(metadata, client, auth, code.deviceCode.reveal(), options), where);
    });
  } catch (failure) {
    if (failure instanceof LoginError && failure.code === "provider-unreachable") return { kind: "busy", waitMs: 0, failure };
    throw failure;
  }
}

async function readPoll(response: Response, where: Where): Promise<Poll> {
  const { provider, step } = where;
  const { error, error_description: description } = await readObject(response.clone());
  switch (error) {
    case undefined:
      return response.status === 200 ? { kind: "tokens", response } : readStatus(response, where);
    case "authorization_pending":
      return { kind: "pending" };
    case "slow_down":
      return { kind: "slow-down" };
    case "access_denied":
    case "authorization_declined": // Entra
      throw new LoginError("approval-refused", `the login at ${provider} was denied`, { provider, step });
    case "expired_token":
      throw codeExpired(provider);
    default:
      if (isBusy(response) || typeof error !== "string") return readStatus(response, where);
      throw providerRefusal(where, error, typeof description === "string" ? description : undefined);
  }
}

function isBusy({ status }: Response): boolean {
  return status === 429 || status >= 500;
}

/** What is not the protocol's may go by itself, or not. */
function readStatus(response: Response, { provider, step }: Where): Poll {
  const failure = new LoginError("provider-answer", `${provider} answers ${response.status}`, { provider, step });
  if (!isBusy(response)) throw failure;
  return { kind: "busy", waitMs: retryAfterMs(response), failure };
}

export function codeExpired(provider: string): LoginError {
  const hint = "start again for a new code";
  return new LoginError("approval-refused", `nobody entered the code at ${provider} in time`, { provider, step: STEP, hint });
}

/** A number of seconds; a date counts as nothing said (RFC 9110 section 10.2.3). */
function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get("retry-after") ?? "");
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
