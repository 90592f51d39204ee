/**
 * An STS on loopback that verifies: AssumeRoleWithWebIdentity, AssumeRoleWithSAML, AssumeRole, GetSessionToken, GetFederationToken and
 * GetCallerIdentity in the query protocol, with AWS's limits, codes and words; users' keys and the codes of their MFA devices among it.
 * Session policies and tags are taken and ignored.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/
 */

import type { Iam } from "./iam.ts";
import { type LoopbackServer, type ReceivedRequest, startLoopbackServer } from "./loopback-server.ts";
import { type Session, verifySignature } from "./signature.ts";
import {
  assumeRole,
  assumeRoleWithSaml,
  assumeRoleWithWebIdentity,
  describeCaller,
  type Device,
  getFederationToken,
  getSessionToken,
  type Service,
} from "./sts-actions.ts";
import { type Answer, type Elements, failure, Refusal, success } from "./sts-answers.ts";
import { Totp } from "./totp.ts";

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
  const service: Service = { iam, now, sessions: new Map(usersOf(iam)), devices: new Map(devicesOf(iam, now)) };
  server.handle = async (request, _incoming, response) => {
    const { status, headers, body } = await answer(service, request);
    response.writeHead(status, { ...headers, date: new Date(now()).toUTCString() }).end(body);
  };
  return Object.assign(server, { actions: () => server.requests.map(actionOf) });
}

function usersOf({ users = [] }: Iam): [string, Session][] {
  return users.map(({ arn, accessKeyId, secretAccessKey }) => {
    const [, partition = "", , , account = ""] = arn.split(":");
    const whose = { partition, account, principal: arn, arn, userId: `AIDA${accessKeyId.slice(4)}`, isMfaPresent: false };
    return [accessKeyId, { accessKeyId, secretAccessKey, sessionToken: undefined, expiresAt: undefined, ...whose }];
  });
}

function devicesOf({ users = [] }: Iam, now: () => number): [string, Device][] {
  return users.flatMap(({ arn, mfa }): [string, Device][] =>
    mfa === undefined ? [] : [[mfa.serialNumber, { userArn: arn, totp: new Totp(mfa.totpSecret, now) }]],
  );
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
    case "AssumeRoleWithSAML":
      return assumeRoleWithSaml(service, form);
    case "AssumeRole":
      return assumeRole(service, callerOf(service, request), form);
    case "GetSessionToken":
      return getSessionToken(service, callerOf(service, request), form);
    case "GetFederationToken":
      return getFederationToken(service, callerOf(service, request), form);
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
