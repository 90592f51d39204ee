/** The six actions of the sandbox's STS: who gets a session, for how long, and who someone is. */

import { createHash, randomBytes } from "node:crypto";

import { type Iam, isTrusted, parseRoleArn, type Role, type RoleName, type TrustRequest } from "./iam.ts";
import { verifyResponse } from "./saml-identity.ts";
import type { Session } from "./signature.ts";
import { type Elements, Refusal } from "./sts-answers.ts";
import { readAssumeRoleParameters, type AssumeRoleParameters } from "./sts-parameters.ts";
import type { Totp } from "./totp.ts";
import { verifyIdToken } from "./web-identity.ts";

export interface Service {
  readonly iam: Iam;
  readonly now: () => number;
  /** By access key id. */
  readonly sessions: Map<string, Session>;
  /** By the device's serial number. */
  readonly devices: ReadonlyMap<string, Device>;
}

/** One user's authenticator. */
export interface Device {
  readonly userArn: string;
  readonly totp: Totp;
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

/** The session is called as the response has it. */
export function assumeRoleWithSaml(service: Service, form: URLSearchParams): Elements {
  const [roleArn, principalArn] = [form.get("RoleArn") ?? "", form.get("PrincipalArn") ?? ""];
  const context = { iam: service.iam, principalArn, roleArn, nowMs: service.now() };
  const identity = verifyResponse(form.get("SAMLAssertion") ?? "", context);
  const named = new URLSearchParams([...form.entries(), ["RoleSessionName", identity.user]]);
  const parameters = readAssumeRoleParameters(named);
  const name = parseRoleArn(roleArn);
  const trust = { principal: principalArn, action: "sts:AssumeRoleWithSAML", facts: identity.conditions } as const;
  const role = findRole(service.iam, roleArn, trust);
  if (role === undefined) throw new Refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", FORBIDDEN);
  checkDuration(parameters, role);
  return {
    ...issue(service, { role, name, parameters }),
    Subject: `id-of-${identity.user}`,
    SubjectType: "persistent",
    Issuer: identity.issuer,
    Audience: identity.recipient,
  };
}

export function assumeRole(service: Service, caller: Session, form: URLSearchParams): Elements {
  const parameters = readAssumeRoleParameters(form);
  const externalId = form.get("ExternalId");
  const facts = {
    "sts:ExternalId": externalId === null ? [] : [externalId],
    "sts:RoleSessionName": [parameters.roleSessionName],
    "aws:MultiFactorAuthPresent": [String(checkCode(service, caller, form) || caller.isMfaPresent)],
  };
  const role = findRole(service.iam, parameters.roleArn, { principal: caller.principal, action: "sts:AssumeRole", facts });
  if (role === undefined) {
    const what = `is not authorized to perform: sts:AssumeRole on resource: ${parameters.roleArn}`;
    throw new Refusal("AccessDenied", `User: ${caller.arn} ${what}`, FORBIDDEN);
  }
  if (parameters.durationSeconds > CHAINED_SECONDS && caller.sessionToken !== undefined) {
    throw invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining");
  }
  checkDuration(parameters, role);
  return issue(service, { role, name: parseRoleArn(role.arn), parameters });
}

/** For a user's long-term keys only. */
export function getSessionToken(service: Service, caller: Session, form: URLSearchParams): Elements {
  if (caller.sessionToken !== undefined) {
    throw new Refusal("AccessDenied", "Cannot call GetSessionToken with session credentials", FORBIDDEN);
  }
  const durationSeconds = Number(form.get("DurationSeconds") ?? 43_200);
  if (!(durationSeconds >= 900 && durationSeconds <= 129_600))
    throw invalid(`Value '${durationSeconds}' at 'durationSeconds' is out of bounds`);
  const { partition, account, principal, arn, userId } = caller;
  const isMfaPresent = checkCode(service, caller, form);
  const session = remember(service, { partition, account, principal, arn, userId, isMfaPresent }, durationSeconds);
  return { Credentials: credentialsOf(session) };
}

/** For a user's long-term keys only; of the policy it is asked that there is one, as without it the session may do nothing. */
export function getFederationToken(service: Service, caller: Session, form: URLSearchParams): Elements {
  if (caller.sessionToken !== undefined) {
    throw new Refusal("AccessDenied", "Cannot call GetFederationToken with session credentials", FORBIDDEN);
  }
  const name = form.get("Name") ?? "";
  const durationSeconds = Number(form.get("DurationSeconds") ?? 43_200);
  if (!/^[\w+=,.@-]{2,32}$/.test(name)) throw invalid(`Value '${name}' at 'name' failed to satisfy constraint`);
  if (!(durationSeconds >= 900 && durationSeconds <= 129_600))
    throw invalid(`Value '${durationSeconds}' at 'durationSeconds' is out of bounds`);
  if (form.get("Policy") === null) throw invalid("this federated user may do nothing");
  const { partition, account } = caller;
  const arn = `arn:${partition}:sts::${account}:federated-user/${name}`;
  const userId = `${account}:${name}`;
  const session = remember(service, { partition, account, principal: arn, arn, userId, isMfaPresent: false }, durationSeconds);
  return { FederatedUser: { FederatedUserId: userId, Arn: arn }, Credentials: credentialsOf(session) };
}

/** False where no device is named. @throws Refusal for a wrong or used code, in AWS's words */
function checkCode({ devices }: Service, caller: Session, form: URLSearchParams): boolean {
  const serial = form.get("SerialNumber");
  const code = form.get("TokenCode");
  if (serial === null && code === null) return false;
  const device = devices.get(serial ?? "");
  if (device === undefined || device.userArn !== caller.arn) {
    const advice = "Please verify your MFA serial number is valid and associated with this user.";
    throw new Refusal("AccessDenied", `MultiFactorAuthentication failed, unable to validate MFA code.  ${advice}`, FORBIDDEN);
  }
  if (device.totp.accept(code ?? "")) return true;
  throw new Refusal("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ", FORBIDDEN);
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

/** Makes a role's session. */
function issue(service: Service, { role, name, parameters }: Grant): Elements {
  const { partition, account } = name;
  const arn = `arn:${partition}:sts::${account}:assumed-role/${name.role}/${parameters.roleSessionName}`;
  const userId = `${roleId(role)}:${parameters.roleSessionName}`;
  const owner = { partition, account, principal: role.arn, arn, userId, isMfaPresent: false };
  return {
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    Credentials: credentialsOf(remember(service, owner, parameters.durationSeconds)),
  };
}

type Owner = Omit<Session, "accessKeyId" | "secretAccessKey" | "sessionToken" | "expiresAt">;
type Temporary = Session & { readonly sessionToken: string; readonly expiresAt: Date };

function remember({ sessions, now }: Service, owner: Owner, durationSeconds: number): Temporary {
  const session = {
    accessKeyId: `ASIA${randomText(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: `IQoJb3JpZ2luX2Vj${randomBytes(450).toString("base64")}`,
    expiresAt: new Date(now() + durationSeconds * 1000),
    ...owner,
  };
  sessions.set(session.accessKeyId, session);
  return session;
}

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Temporary): Elements {
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiresAt.toISOString().replace(/\.\d+/, ""),
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
