/** The three actions of the sandbox's STS: who gets a session, for how long, and who someone is. */

import { createHash, randomBytes } from "node:crypto";

import { type Iam, isTrusted, parseRoleArn, type Role, type RoleName, type TrustRequest } from "./iam.ts";
import type { Session } from "./signature.ts";
import { type Elements, Refusal } from "./sts-answers.ts";
import { readAssumeRoleParameters, type AssumeRoleParameters } from "./sts-parameters.ts";
import { verifyIdToken } from "./web-identity.ts";

export interface Service {
  readonly iam: Iam;
  readonly now: () => number;
  /** By access key id. */
  readonly sessions: Map<string, Session>;
}

const CHAINED_SECONDS = 3600;
const FORBIDDEN = 403;

export async function assumeRoleWithWebIdentity(service: Service, form: URLSearchParams): Promise<Elements> {
  const parameters = readAssumeRoleParameters(form);
  const name = parseRoleArn(parameters.roleArn);
  const identity = await verifyIdToken(form.get("WebIdentityToken") ?? "", { iam: service.iam, name, nowMs: service.now() });
  const trust = { principal: identity.providerArn, action: "sts:AssumeRoleWithWebIdentity", facts: identity.facts } as const;
  const role = findRole(service.iam, parameters.roleArn, trust);
  if (role === undefined) throw new Refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", FORBIDDEN);
  checkDuration(parameters, role);
  return {
    SubjectFromWebIdentityToken: identity.subject,
    ...issue(service, { role, name, parameters }),
    Provider: identity.providerArn,
    Audience: identity.audience,
  };
}

export function assumeRole(service: Service, caller: Session, form: URLSearchParams): Elements {
  const parameters = readAssumeRoleParameters(form);
  const externalId = form.get("ExternalId");
  const facts = { "sts:ExternalId": externalId === null ? [] : [externalId], "sts:RoleSessionName": [parameters.roleSessionName] };
  const role = findRole(service.iam, parameters.roleArn, { principal: caller.roleArn, action: "sts:AssumeRole", facts });
  if (role === undefined) {
    const what = `is not authorized to perform: sts:AssumeRole on resource: ${parameters.roleArn}`;
    throw new Refusal("AccessDenied", `User: ${caller.arn} ${what}`, FORBIDDEN);
  }
  if (parameters.durationSeconds > CHAINED_SECONDS) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  checkDuration(parameters, role);
  return issue(service, { role, name: parseRoleArn(role.arn), parameters });
}

export function describeCaller({ arn, userId, account }: Session): Elements {
  return { Arn: arn, UserId: userId, Account: account };
}

function findRole(iam: Iam, arn: string, trust: TrustRequest): Role | undefined {
  const role = iam.roles.find((candidate) => candidate.arn === arn);
  return role !== undefined && isTrusted(role, trust) ? role : undefined;
}

function checkDuration({ durationSeconds }: AssumeRoleParameters, role: Role): void {
  if (durationSeconds > role.maxSessionSeconds) {
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
}

interface Grant {
  readonly role: Role;
  readonly name: RoleName;
  readonly parameters: AssumeRoleParameters;
}

/** Makes a session and remembers it. */
function issue(service: Service, { role, name, parameters }: Grant): Elements {
  const { partition, account } = name;
  const session: Session = {
    accessKeyId: `ASIA${randomText(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(450).toString("base64")}`,
    expiresAt: new Date(service.now() + parameters.durationSeconds * 1000),
    partition,
    account,
    roleArn: role.arn,
    arn: `arn:${partition}:sts::${account}:assumed-role/${name.role}/${parameters.roleSessionName}`,
    userId: `${roleId(role)}:${parameters.roleSessionName}`,
  };
  service.sessions.set(session.accessKeyId, session);
  return {
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: session.expiresAt.toISOString().replace(/\.\d+/, ""),
    },
  };
}

function randomText(length: number, letters: string): string {
  return Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join("");
}

/** The same for the same role, as at AWS. */
function roleId(role: Role): string {
  return `AROA${createHash("sha256").update(role.arn).digest("hex").slice(0, 17).toUpperCase()}`;
}

function invalid(message: string): Refusal {
  return new Refusal("ValidationError", message);
}
