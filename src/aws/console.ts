/**
 * Credentials of a role, or of a federated user → an address that opens the AWS console with them, good for 15 minutes.
 *
 * The federation endpoint takes credentials in a query and nowhere else, so they are in the URL of that one request, to AWS by https.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 * @see the endpoint rules of the SDKs' "signin" service for the hosts of each partition
 */

import type { Secret } from "../secret.ts";
import { AwsError, printable, shorten } from "../errors.ts";
import { HttpError } from "../http/http-error.ts";
import type { Http, HttpRequest, HttpResponse } from "../world.ts";
import { NO_ANSWER_HINT } from "./explain.ts";
import { regionOfPartition } from "./partition.ts";

export interface ConsoleRequest {
  readonly partition: string;
  /** Undefined leaves it to the console. */
  readonly region: string | undefined;
  /** As in the console's own addresses: "s3", "cloudformation"; undefined for its first page. */
  readonly service: string | undefined;
  /** Instead of AWS's own: for tests and gateways. */
  readonly endpoint: URL | undefined;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: Secret;
    readonly sessionToken: Secret;
    /** 900–43200; undefined for as long as the credentials are good. */
    readonly sessionSeconds: number | undefined;
  };
}

interface Hosts {
  readonly signIn: string;
  readonly console: string;
  /** The region stands before the sign-in's host. */
  readonly isRegional: boolean;
}

const HOSTS: Readonly<Record<string, Hosts>> = {
  aws: { signIn: "signin.aws.amazon.com", console: "console.aws.amazon.com", isRegional: false },
  "aws-cn": { signIn: "signin.amazonaws.cn", console: "console.amazonaws.cn", isRegional: false },
  "aws-us-gov": { signIn: "signin.amazonaws-us-gov.com", console: "console.amazonaws-us-gov.com", isRegional: false },
  "aws-eusc": { signIn: "signin.amazonaws-eusc.eu", console: "console.amazonaws-eusc.eu", isRegional: true },
  "aws-iso": { signIn: "signin.c2shome.ic.gov", console: "console.c2shome.ic.gov", isRegional: true },
  "aws-iso-b": { signIn: "signin.sc2shome.sgov.gov", console: "console.sc2shome.sgov.gov", isRegional: true },
  "aws-iso-e": { signIn: "signin.csphome.adc-e.uk", console: "console.csphome.adc-e.uk", isRegional: true },
  "aws-iso-f": { signIn: "signin.csphome.hci.ic.gov", console: "console.csphome.hci.ic.gov", isRegional: true },
};

/** @throws AwsError "aws-refused" or "aws-unreachable" */
export async function consoleUrl(request: ConsoleRequest, http: Http): Promise<URL> {
  const tokenRequest = buildTokenRequest(request);
  const { origin } = tokenRequest.url;
  try {
    return buildLogin(request, parseToken(await http(tokenRequest), request.credentials));
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause;
    throw new AwsError("aws-unreachable", `no answer from the console's sign-in at ${origin}: ${printable(cause.message)}`, {
      cause,
      hint: NO_ANSWER_HINT,
    });
  }
}

function buildTokenRequest(request: ConsoleRequest): HttpRequest {
  const { accessKeyId, secretAccessKey, sessionToken, sessionSeconds } = request.credentials;
  const session = { sessionId: accessKeyId, sessionKey: secretAccessKey.reveal(), sessionToken: sessionToken.reveal() };
  const url = federationEndpoint(request);
  url.searchParams.set("Action", "getSigninToken");
  if (sessionSeconds !== undefined) url.searchParams.set("SessionDuration", String(sessionSeconds));
  url.searchParams.set("Session", JSON.stringify(session));
  return { method: "GET", url };
}

/**
 * A page that repeats the address, as proxies' do, repeats the credentials in it: nothing is said of one with their `accessKeyId`.
 *
 * @throws AwsError "aws-refused"
 */
function parseToken({ status, body }: HttpResponse, { accessKeyId, sessionSeconds }: ConsoleRequest["credentials"]): string {
  const token = status === 200 ? signInToken(body) : undefined;
  if (token !== undefined) return token;
  const words = body.includes(accessKeyId) || /sessionKey|sessionToken/i.test(body) ? "" : shorten(body.replaceAll(/<[^>]*>/g, " "));
  throw new AwsError("aws-refused", `the console's sign-in answers ${status}${words === "" ? "" : `: ${words}`}`, {
    hint:
      status === 400 && sessionSeconds !== undefined
        ? "--duration is for a role that no other role's credentials lead to: leave it out"
        : undefined,
  });
}

function buildLogin(request: ConsoleRequest, token: string): URL {
  const url = federationEndpoint(request);
  url.searchParams.set("Action", "login");
  url.searchParams.set("Issuer", "aws-runas");
  url.searchParams.set("Destination", destination(request).href);
  url.searchParams.set("SigninToken", token);
  return url;
}

function federationEndpoint({ partition, region, endpoint }: ConsoleRequest): URL {
  if (endpoint !== undefined) return new URL("/federation", endpoint);
  const { signIn, isRegional } = hostsOf(partition);
  return new URL(`https://${isRegional ? `${region ?? regionOfPartition(partition)}.` : ""}${signIn}/federation`);
}

function destination({ partition, region, service = "console" }: ConsoleRequest): URL {
  const { console: host } = hostsOf(partition);
  const url = new URL(`https://${region === undefined ? "" : `${region}.`}${host}/${service}/home`);
  if (region !== undefined) url.searchParams.set("region", region);
  return url;
}

function hostsOf(partition: string): Hosts {
  const found = HOSTS[partition];
  if (found === undefined) throw new AwsError("aws-refused", `no console is known for the partition ${printable(partition)}`);
  return found;
}

function signInToken(body: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    const token = typeof answer === "object" && answer !== null && "SigninToken" in answer ? answer.SigninToken : undefined;
    return typeof token === "string" && token !== "" ? token : undefined;
  } catch {
    return undefined;
  }
}
