/**
 * The chain from a login to a role's credentials, each link got once however many processes ask for it.
 *
 *   id token ── AssumeRoleWithWebIdentity ──▶ role
 *   id token ── AssumeRoleWithWebIdentity ──▶ jump role ── AssumeRole ──▶ role
 *   assertion ── AssumeRoleWithSAML ──▶ role, or jump role ── AssumeRole ──▶ role      (saml-chain.ts)
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
import type { Store } from "../store/store.ts";
import type { Credentials } from "./credentials.ts";
import { asSingleFlight } from "./flight.ts";
import { jumpProfile } from "./jump.ts";
import { find, forget, KEPT_CREDENTIALS, KEPT_TOKEN, type LoginHolder, remember } from "./kept.ts";
import { tradeProof } from "./proof.ts";
import type { CredentialTools } from "./provider.ts";
import { sessionName, sessionOf } from "./session-name.ts";
import type { AssumedByAssertion } from "./saml-chain.ts";
import { requiredRole } from "./source.ts";
import { isTokenUsable, isUsable } from "./thresholds.ts";
import { asAttended } from "./unattended.ts";

type LoggingIn = Profile & { readonly login: WebIdentityLogin };

/** New credentials, kept in the store; or those that another process got meanwhile, if they are good. */
export function obtainCredentials(
  profile: Profile,
  tools: CredentialTools,
  isGood: (credentials: Credentials) => boolean,
): Promise<Credentials> {
  const read = find(KEPT_CREDENTIALS, isGood, tools.store);
  const make = remember(KEPT_CREDENTIALS, (wanted) => assumeRole(wanted, tools), tools.store);
  return asSingleFlight(KEPT_CREDENTIALS, { read, make }, tools)(profile);
}

async function assumeRole(profile: Profile, tools: CredentialTools): Promise<Credentials> {
  const credentials: IssuedKeys & Partial<AssumedByAssertion> = await takeStep(profile, tools);
  tools.log.debug(`${credentials.assumedRoleArn ?? "a session"} until ${credentials.expiresAt.toISOString()}`);
  const issuedAt = new Date(tools.clock.now());
  if (credentials.expiresAt <= issuedAt) throw overAlready(credentials.expiresAt, issuedAt);
  return { ...credentials, issuedAt };
}

/** Neither kept nor handed out: no program would take them, and the next request would have to ask again. */
function overAlready(expiresAt: Date, now: Date): AwsError {
  const [end, here] = [expiresAt, now].map((date) => date.toISOString());
  const hint = "set the clock right, if that is not the time";
  return new AwsError("aws-refused", `the credentials that STS gave ended at ${end}, and this machine's clock says ${here}`, { hint });
}

async function takeStep(profile: Profile, tools: CredentialTools): Promise<IssuedKeys> {
  const { login } = profile;
  if (login.kind === "iam") {
    const { takeIamStep } = await import("./iam-chain.ts");
    return takeIamStep(profile, { login, tools, sts: await loadSts(profile, tools), obtain: (source) => obtainUsable(source, tools) });
  }
  const jump = jumpProfile(profile);
  if (jump !== undefined) return withJumpRole(profile, jump, tools);
  if (login.kind !== "saml") return withLogin({ ...profile, login }, tools);
  const { takeSamlStep } = await import("./saml-chain.ts");
  return takeSamlStep(profile, { login, tools, openSts: (wanted) => loadSts(wanted, tools) });
}

function obtainUsable(profile: Profile, tools: CredentialTools): Promise<Credentials> {
  return obtainCredentials(profile, tools, (credentials) => isUsable(credentials, tools.clock.now()));
}

async function withJumpRole(profile: Profile, jump: Profile, tools: CredentialTools): Promise<AssumedRole> {
  const keys = await obtainUsable(jump, tools);
  const sts = await loadSts(profile, tools);
  return sts.assumeRole({
    roleArn: requiredRole(profile),
    sessionName: profile.roleSessionName?.value ?? sessionOf(keys.assumedRoleArn ?? ""),
    durationSeconds: profile.durationSeconds,
    externalId: profile.externalId?.value,
    terms: profile.terms,
    keys,
  });
}

function withLogin(profile: LoggingIn, tools: CredentialTools): Promise<AssumedRole> {
  const steps = {
    what: "id token",
    // What a source gives is not kept.
    find: async () => (profile.login.kind === "token" ? undefined : findToken(profile, tools)),
    forget: (refused: IdToken) => forgetToken(profile, refused, tools.store),
    obtain: () => obtainToken(profile, tools),
    trade: (token: IdToken) => withToken(profile, token, tools),
  };
  return tradeProof(steps, tools.log);
}

/** An id token that is good for a while: what its source gives, or the kept one, or that of a new login. Throws as a login does. */
export async function obtainToken(wanted: LoginHolder, tools: CredentialTools): Promise<IdToken> {
  const { login, name = "the profile" } = wanted;
  if (login.kind === "iam") throw new UsageError(`${name} starts from AWS keys (IAM): no id token is involved`);
  if (login.kind === "saml") throw new UsageError(`${name} logs in with SAML: no id token is involved`);
  if (login.kind === "token") return readSource(login, tools);
  const make = remember(KEPT_TOKEN, () => logIn(login, wanted.name, tools), tools.store);
  return asSingleFlight(KEPT_TOKEN, { read: (holder) => findToken(holder, tools), make }, tools)(wanted);
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
    roleArn: requiredRole(profile),
    sessionName: sessionName(profile, token.user),
    durationSeconds: profile.durationSeconds,
    terms: profile.terms,
    token,
  });
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
  const [oidc, { openLoginTools }] = await Promise.all([import("../login/oidc/login.ts"), import("./login-tools.ts")]);
  return asAttended(login, tools, async (attended) => oidc.logIn(login, await openLoginTools(login, { name, attended, tools })));
}
