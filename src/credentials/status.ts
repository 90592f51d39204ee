/** What is kept for a profile, found out without a request, a question or a program that is run. */

import type { IamLogin } from "../config/profile.ts";
import type { Target } from "../config/resolve.ts";
import { LoginError } from "../errors.ts";
import type { IdToken } from "../login/id-token.ts";
import type { Assertion } from "../login/saml/assertion.ts";
import type { Credentials } from "./credentials.ts";
import { withHolder } from "./holder.ts";
import { findSession } from "./iam-session.ts";
import { findKeptAssertion, isAssertionUsable } from "./kept-assertion.ts";
import { find, KEPT_CREDENTIALS, KEPT_TOKEN } from "./kept.ts";
import { findLasting } from "./lasting.ts";
import type { CredentialTools } from "./provider.ts";
import { isTokenUsable, isUsable } from "./thresholds.ts";

export interface Status {
  /** Undefined when there are none, or none that have not expired. */
  readonly credentials: Credentials | undefined;
  /** The kept one, or what a file or variable holds now. */
  readonly token: IdToken | undefined;
  /** With SAML, the kept one. */
  readonly assertion: Assertion | undefined;
  /** The provider's session is kept, or IAM's session token: the next login may ask for nothing. */
  readonly hasSession: boolean;
  /** A refresh token is kept: the next login may need nobody. */
  readonly hasRefreshToken: boolean;
  /** What is wrong with the file or variable that should hold a token. */
  readonly problem: string | undefined;
  /** A run needs no login: its credentials are usable, or the id token or assertion is. */
  readonly isUsable: boolean;
  /** There is something that a logout would drop. */
  readonly isKept: boolean;
}

export async function readStatus(target: Target, tools: CredentialTools): Promise<Status> {
  const now = tools.clock.now();
  const problems: string[] = [];
  const credentials = await unlessUnavailable(() => findCredentials(target, tools), problems);
  const token = await unlessUnavailable(() => findAnyToken(target, tools), problems);
  const assertion = await findKeptAssertion(target, tools.store);
  const { sessions, refreshTokens } = await findLasting(target.login, token, tools.store);
  const session = target.login.kind === "iam" && target.profile !== undefined ? await findSession(target.profile, tools) : undefined;
  const [hasSession, hasRefreshToken] = [session !== undefined || sessions.length > 0, refreshTokens.length > 0];
  return {
    credentials,
    token,
    assertion,
    hasSession,
    hasRefreshToken,
    problem: problems[0],
    isUsable:
      (credentials !== undefined && isUsable(credentials, now)) ||
      (token !== undefined && isTokenUsable(token, now)) ||
      (assertion !== undefined && isAssertionUsable(assertion, now)) ||
      (target.login.kind === "iam" && (hasSession || needsNobody(target.login))),
    isKept: [credentials, assertion].some((kept) => kept !== undefined) || hasSession || hasRefreshToken || isKeptToken(token, target),
  };
}

/** What a source gives is not kept. */
function isKeptToken(token: IdToken | undefined, { login }: Target): boolean {
  return token !== undefined && login.kind === "oidc";
}

/** Keys, or a program, and no device that has to vouch for them. */
function needsNobody({ base, mfaSerial }: IamLogin): boolean {
  return mfaSerial === undefined && base.kind !== "sso" && base.kind !== "login";
}

/** Undefined, and what is wrong among `problems`, where a file or variable that should hold a token has none; other errors are thrown. */
export async function unlessUnavailable<T>(look: () => Promise<T | undefined>, problems: string[] = []): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof LoginError && error.code === "token-unavailable")) throw error;
    problems.push(error.message);
    return undefined;
  }
}

/** Those kept, though they may be about to expire; nothing is run or requested. */
export async function findCredentials({ profile }: Target, tools: CredentialTools): Promise<Credentials | undefined> {
  return profile && find(KEPT_CREDENTIALS, () => true, tools.store)(await withHolder(profile, tools));
}

async function findAnyToken({ login }: Target, tools: CredentialTools): Promise<IdToken | undefined> {
  if (login.kind === "iam" || login.kind === "saml") return undefined;
  if (login.kind === "oidc") return find(KEPT_TOKEN, () => true, tools.store)({ login });
  const { readPresented } = await import("../login/token-source.ts");
  return readPresented(login.source, tools);
}
