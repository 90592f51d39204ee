/**
 * The paths of an EC2 instance metadata service, version 2: `PUT /latest/api/token` gives a session's token, and everything else is read with
 * it. Without one only where `allowsV1` says so (IMDSv1).
 *
 * The status of a failure is chosen by what clients do next: after 403 every SDK gives up at once, after 401 Go's asks twenty times, after 503
 * those of Go and Rust ask again. Go's takes an answer for lost after half a second.
 */

import { AwsError } from "../../errors.ts";
import { failure, respond, respondText } from "../answers.ts";
import { type Complaints, createComplaints } from "../complaints.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import type { CredentialSource } from "./credential-routes.ts";
import { documentAt, indexAt, type Instance } from "./imds-documents.ts";
import { type ImdsTokens, MAX_TTL_SECONDS, readTtl } from "./imds-tokens.ts";
import { within } from "./pool.ts";
import type { Route } from "./server.ts";

export interface ImdsSource extends CredentialSource {
  readonly sessions: ImdsTokens;
  /** True where a request without a session's token is answered; one with a wrong token never is. */
  readonly allowsV1: boolean;
}

const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const ANSWER_WITHIN_MS = 300;
const PLAIN = { "content-type": "text/plain" };

/** The tokens are the routes' own: clients of IMDS send no Authorization. */
export function imdsRoutes(options: ImdsSource): readonly Route[] {
  const source = { ...options, complaints: createComplaints(options.log) };
  const common = { audience: "program", needsToken: false } as const;
  const read = ["GET", "HEAD"];
  return [
    { ...common, path: "/latest/api/token", methods: ["PUT"], answer: async (request) => giveToken(request, source.sessions) },
    { ...common, path: "/latest", methods: read, answer: (request) => answerAt("", request, source) },
    { ...common, path: "/latest/", methods: read, answer: (request, rest) => answerAt(rest.replace(/\/$/, ""), request, source) },
  ];
}

/** Rust's SDK wants the header in the answer as well. */
function giveToken(request: LocalRequest, sessions: ImdsTokens): LocalResponse {
  const ttl = readTtl(request.header(TTL_HEADER));
  if (ttl === undefined) return failure(400, "invalid-ttl", `${TTL_HEADER} has to be a number from 1 to ${MAX_TTL_SECONDS}`);
  return respondText(200, sessions.issue(ttl).reveal(), { ...PLAIN, [TTL_HEADER]: String(ttl) });
}

type Told = ImdsSource & { readonly complaints: Complaints };

async function answerAt(path: string, request: LocalRequest, source: Told): Promise<LocalResponse> {
  const token = request.header("x-aws-ec2-metadata-token");
  const isKnown = token === undefined ? source.allowsV1 : source.sessions.accepts(token);
  if (!isKnown) return failure(401, "unauthorized", "the session's token is missing, wrong or has run out");
  const index = indexAt(path);
  if (index !== undefined) return respondText(200, index, PLAIN);
  const { name } = source.active;
  if (name === undefined) return failure(404, "no-profile", "no profile is active");
  try {
    const document = documentAt(path, await instanceOf(name, source));
    source.complaints.given(name);
    if (document === undefined) return failure(404, "not-found", "there is nothing at this path");
    return typeof document === "string" ? respondText(200, document, PLAIN) : respond(200, document);
  } catch (error) {
    source.failed?.(name, error);
    return source.complaints.missing(name, error);
  }
}

async function instanceOf(name: string, { pool }: ImdsSource): Promise<Instance> {
  const credentials = await within(ANSWER_WITHIN_MS, pool.credentials(name));
  const profile = pool.peek(name)?.profile;
  if (profile === undefined) throw new AwsError("aws-unreachable", "the profile is being got anew");
  return { profile, credentials };
}
