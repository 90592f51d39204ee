/**
 * An STS on loopback that verifies: AssumeRoleWithWebIdentity, AssumeRole and GetCallerIdentity in the query protocol, with AWS's limits,
 * codes and words. Session policies, tags and MFA are taken and ignored.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/
 */

import type { Iam } from "./iam.ts";
import { type LoopbackServer, type ReceivedRequest, startLoopbackServer } from "./loopback-server.ts";
import { type Session, verifySignature } from "./signature.ts";
import { assumeRole, assumeRoleWithWebIdentity, describeCaller, type Service } from "./sts-actions.ts";
import { type Answer, type Elements, failure, Refusal, success } from "./sts-answers.ts";

export interface StsOptions {
  readonly iam: Iam;
  /** Milliseconds since the epoch; the machine's clock unless given. */
  readonly now?: (() => number) | undefined;
}

export interface SandboxSts extends LoopbackServer {
  /** What was asked for so far, in order: "AssumeRoleWithWebIdentity", "GetCallerIdentity" …. */
  actions(): string[];
}

export async function startSts({ iam, now = Date.now }: StsOptions): Promise<SandboxSts> {
  const server = await startLoopbackServer();
  const service: Service = { iam, now, sessions: new Map() };
  server.handle = async (request, _incoming, response) => {
    const { status, headers, body } = await answer(service, request);
    response.writeHead(status, { ...headers, date: new Date(now()).toUTCString() }).end(body);
  };
  return Object.assign(server, { actions: () => server.requests.map(actionOf) });
}

async function answer(service: Service, request: ReceivedRequest): Promise<Answer> {
  try {
    return success(actionOf(request), await perform(service, request));
  } catch (error) {
    if (error instanceof Refusal) return failure(error);
    throw error;
  }
}

function perform(service: Service, request: ReceivedRequest): Elements | Promise<Elements> {
  const form = new URLSearchParams(request.body);
  switch (actionOf(request)) {
    case "AssumeRoleWithWebIdentity":
      return assumeRoleWithWebIdentity(service, form);
    case "AssumeRole":
      return assumeRole(service, callerOf(service, request), form);
    case "GetCallerIdentity":
      return describeCaller(callerOf(service, request));
    default:
      throw new Refusal("InvalidAction", `Could not find operation ${actionOf(request)} for version 2011-06-15`);
  }
}

function actionOf(request: ReceivedRequest): string {
  return new URLSearchParams(request.body).get("Action") ?? "";
}

function callerOf({ sessions, now }: Service, request: ReceivedRequest): Session {
  return verifySignature(request, sessions, now());
}
