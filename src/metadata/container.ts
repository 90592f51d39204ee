/**
 * The container-credentials endpoint of one wrapped command: SDKs find it by AWS_CONTAINER_CREDENTIALS_FULL_URI and send
 * AWS_CONTAINER_AUTHORIZATION_TOKEN as it is, without a scheme.
 *
 * It serves one profile, to those who know the token, under its own address only (a web page whose name was rebound to 127.0.0.1 sends
 * that name as Host).
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */

import type { Credentials } from "../credentials/credentials.ts";
import { Secret } from "../secret.ts";
import { isSame, loadPrimitives } from "../store/primitives.ts";
import type { Log } from "../world.ts";
import { credentialsBody, failure, respond } from "./answers.ts";
import { createComplaints } from "./complaints.ts";
import { listen } from "./listen.ts";
import type { LocalRequest, LocalResponse } from "./listen.ts";

const PATH = "/credentials";
const CLIENT = "the command";

export interface ContainerEndpoint {
  /** "http://127.0.0.1:port/credentials". */
  readonly uri: string;
  /** 256 bits in base64url: no character that a header or a shell minds. */
  readonly token: Secret;
  /** Ends open connections too. */
  close(): Promise<void>;
}

export interface ContainerEndpointOptions {
  /** Asked once a request; should answer within a second, as Java's SDK waits no longer. */
  readonly credentials: () => Promise<Credentials>;
  readonly log: Log;
}

/** Starts the endpoint; its token is new each time. */
export async function startContainerEndpoint(options: ContainerEndpointOptions): Promise<ContainerEndpoint> {
  const token = await newToken();
  const source = explained(options);
  const listener = await listen(async (request, authority) => (await refusal(request, { authority, token })) ?? source());
  return { uri: `http://${listener.authority}${PATH}`, token, close: listener.close };
}

async function newToken(): Promise<Secret> {
  const { randomBytes } = await loadPrimitives();
  return new Secret(Buffer.from(randomBytes(32)).toString("base64url"));
}

/** What is wrong with the request, or undefined; a missing and a wrong token are told apart by nothing. */
async function refusal(request: LocalRequest, expected: { authority: string; token: Secret }): Promise<LocalResponse | undefined> {
  if (request.host !== expected.authority) return failure(403, "foreign-host", "the Host header is not this endpoint's address");
  if (request.target !== PATH) return failure(404, "not-found", "there is nothing at this path");
  if (request.method !== "GET") return failure(405, "method-not-allowed", "only GET is answered", { allow: "GET" });
  const isKnown = await isSame(request.authorization ?? "", expected.token.reveal());
  return isKnown
    ? undefined
    : failure(401, "unauthorized", "the Authorization header is not the token of AWS_CONTAINER_AUTHORIZATION_TOKEN");
}

function explained({ credentials, log }: ContainerEndpointOptions): () => Promise<LocalResponse> {
  const complaints = createComplaints(log);
  return async () => {
    try {
      const body = credentialsBody(await credentials());
      complaints.given(CLIENT);
      return respond(200, body);
    } catch (error) {
      return complaints.missing(CLIENT, error);
    }
  };
}
