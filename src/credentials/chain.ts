/**
 * The chain from a login to a role's credentials, each link got once however many processes ask for it.
 *
 *   id token ── AssumeRoleWithWebIdentity ──▶ role
 *   id token ── AssumeRoleWithWebIdentity ──▶ jump role ── AssumeRole ──▶ role
 *   AWS keys ── GetSessionToken ──▶ session ── AssumeRole ──▶ role …            (iam-chain.ts)
 *
 * A profile comes with the holder of its token (holder.ts).
 *
 * Every arrow's result is cached under a key of its own, and the flights nest in this order only (role, the roles before it, session or token,
 * refresh token; name of the keys' user), so two processes can never wait for each other. Loaded when the store had nothing.
 */

import type { AssumedRole, IssuedKeys, Sts } from "../aws/sts.ts";
import type { OidcLogin, Profile, TokenLogin, WebIdentityLogin } from "../config/profile.ts";
import { AwsError, UsageError } from "../errors.ts";
import type { IdToken } from "../login/id-token.ts";
import type { Secret } from "../secret.ts";
import { type Store, storeMode } from "../store/store.ts";
import type { Credentials } from "./credentials.ts";
import { oneAtATime } from "./flight.ts";
import { jumpProfile } from "./jump.ts";
import { find, forget, KEPT_CREDENTIALS, KEPT_TOKEN, type LoginHolder, remember } from "./kept.ts";
import type { CredentialTools } from "./provider.ts";
import { sessionName, sessionOf } from "./session-name.ts";
import { isTokenUsable, isUsable } from "./thresholds.ts";
import { asAttended } from "./unattended.ts";

/** STS says of the token itself that it is no good (any more); another one may be. */
const TOKEN_REFUSALS = new Set(["ExpiredTokenException", "IDPRejectedClaim", "InvalidIdentityToken"]);

type LoggingIn = Profile & { readonly login: WebIdentityLogin };

/** New credentials, kept in the store; or those that another process got meanwhile, if they are good. */
export function obtainCredentials(
  profile: Profile,
  tools: CredentialTools,
  isGood: (credentials: Credentials) => boolean,
): Promise<Credentials> {
  const read = find(KEPT_CREDENTIALS, isGood, tools.store);
  const make = remember(KEPT_CREDENTIALS, (wanted) => assumeRole(wanted, tools), tools.store);
  return oneAtATime(KEPT_CREDENTIALS, { read, make }, tools)(profile);
}

async function assumeRole(profile: Profile, tools: CredentialTools): Promise<Credentials> {
  const credentials: IssuedKeys & Partial<AssumedRole> = await takeStep(profile, tools);
  tools.log.debug(`${credentials.assumedRoleArn ?? "a session"} until ${credentials.expiresAt.toISOString()}`);
  return { ...credentials, issuedAt: new Date(tools.clock.now()) };
}

async function takeStep(profile: Profile, tools: CredentialTools): Promise<IssuedKeys> {
  const { login } = profile;
  if (login.kind === "iam") {
    const { takeIamStep } = await import("./iam-chain.ts");
    return takeIamStep(profile, { login, tools, sts: await loadSts(profile, tools), obtain: (source) => obtainUsable(source, tools) });
  }
  const jump = jumpProfile(profile);
  return jump === undefined ? withLogin({ ...profile, login }, tools) : withJumpRole(profile, jump, tools);
}

function obtainUsable(profile: Profile, tools: CredentialTools): Promise<Credentials> {
  return obtainCredentials(profile, tools, (credentials) => isUsable(credentials, tools.clock.now()));
}

async function withJumpRole(profile: Profile, jump: Profile, tools: CredentialTools): Promise<AssumedRole> {
  const keys = await obtainUsable(jump, tools);
  const sts = await loadSts(profile, tools);
  return sts.assumeRole({
    roleArn: profile.roleArn?.value ?? "",
    sessionName: profile.roleSessionName?.value ?? sessionOf(keys.assumedRoleArn ?? ""),
    durationSeconds: profile.durationSeconds,
    externalId: profile.externalId?.value,
    terms: profile.terms,
    keys,
  });
}

/** A cached token that STS refuses is dropped, and one new login made in its place; a new one that it refuses is an error. */
async function withLogin(profile: LoggingIn, tools: CredentialTools): Promise<AssumedRole> {
  const cached = profile.login.kind === "token" ? undefined : await findToken(profile, tools);
  if (cached !== undefined) {
    try {
      return await withToken(profile, cached, tools);
    } catch (error) {
      if (!isTokenRefusal(error)) throw error;
      tools.log.debug(`STS refuses the cached id token (${error.awsCode}): logging in again`);
      await forgetToken(profile, cached, tools.store);
    }
  }
  return withToken(profile, await obtainToken(profile, tools), tools);
}

/** An id token that is good for a while: what its source gives, or the kept one, or that of a new login. Throws as a login does. */
export async function obtainToken(wanted: LoginHolder, tools: CredentialTools): Promise<IdToken> {
  const { login, name = "the profile" } = wanted;
  if (login.kind === "iam") throw new UsageError(`${name} starts from AWS keys (IAM): no id token is involved`);
  if (login.kind === "token") return readSource(login, tools);
  const make = remember(KEPT_TOKEN, () => logIn(login, wanted.name, tools), tools.store);
  return oneAtATime(KEPT_TOKEN, { read: (holder) => findToken(holder, tools), make }, tools)(wanted);
}

/** The kept one, if it is good for a while. */
function findToken(wanted: LoginHolder, { store, clock }: CredentialTools): Promise<IdToken | undefined> {
  return find(KEPT_TOKEN, (token) => isTokenUsable(token, clock.now()), store)(wanted);
}

async function readSource(login: TokenLogin, tools: CredentialTools): Promise<IdToken> {
  const { takeToken } = await import("../login/token-source.ts");
  return takeToken(login, { ...tools, openHttp: async () => (await import("../http/client.ts")).createHttp(tools) });
}

async function withToken(profile: LoggingIn, token: IdToken, tools: CredentialTools): Promise<AssumedRole> {
  const sts = await loadSts(profile, tools);
  return sts.assumeRoleWithWebIdentity({
    roleArn: profile.roleArn?.value ?? "",
    sessionName: sessionName(profile, token.user),
    durationSeconds: profile.durationSeconds,
    terms: profile.terms,
    token,
  });
}

function isTokenRefusal(error: unknown): error is AwsError {
  return error instanceof AwsError && error.awsCode !== undefined && TOKEN_REFUSALS.has(error.awsCode);
}

/** Another process may have put a new one in its place already: that one stays. */
async function forgetToken(profile: Profile, refused: IdToken, store: Store): Promise<void> {
  const current = await find(KEPT_TOKEN, (token) => token.raw.reveal() === refused.raw.reveal(), store)(profile);
  if (current !== undefined) await forget(KEPT_TOKEN, profile, store);
}

async function loadSts(profile: Profile, tools: CredentialTools): Promise<Sts> {
  const { openSts } = await import("../aws/sts.ts");
  return openSts(profile, tools);
}

async function logIn(login: OidcLogin, name: string | undefined, tools: CredentialTools): Promise<IdToken> {
  const [{ createHttp }, oidc] = await Promise.all([import("../http/client.ts"), import("../login/oidc/login.ts")]);
  return asAttended(login, tools, (attended) =>
    oidc.logIn(login, {
      ...attended,
      profile: name,
      http: createHttp(tools),
      storedPassword: () => storedPassword(login, tools),
      inTurn: (turn, work) => inTurn(turn, work, tools),
    }),
  );
}

/** Nothing is shared between processes where nothing is kept. */
async function inTurn<T>(name: string, work: () => Promise<T>, tools: CredentialTools): Promise<T> {
  if (storeMode(tools.env, tools.platform) === "none") return work();
  const { withLock } = await import("../store/lock.ts");
  return withLock(name, work, tools);
}

async function storedPassword(login: OidcLogin, tools: CredentialTools): Promise<Secret | undefined> {
  const { findStoredPassword } = await import("../config/stored-password.ts");
  const { env, homeDir, platform, log } = tools;
  return findStoredPassword({ authUrl: login.authUrl.value, env, homeDir, platform, log });
}
