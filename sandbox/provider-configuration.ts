/**
 * The configuration of oidc-provider, which has an opinion about everything that is left to its defaults: so nothing is that would make it
 * speak.
 */

import type { JWK } from "jose";
import type { Grant, ProviderContext } from "oidc-provider";

import { escapeHtml, htmlPage } from "./pages.ts";

export interface SandboxClient {
  readonly id: string;
  /** User name and password on pages of their own. */
  readonly isOnTwoPages?: boolean;
  /** Without it, consent is only asked for when `prompt=consent` is. */
  readonly asksConsent?: boolean;
}

/** Seconds. */
export interface Lifetimes {
  readonly idToken: number;
  /** The browser session: how long no login is asked for again. */
  readonly session: number;
  readonly refreshToken: number;
  readonly deviceCode: number;
}

export interface ConfigurationParts {
  readonly clients: readonly SandboxClient[];
  readonly lifetimes?: Partial<Lifetimes>;
  readonly signingKey: JWK;
  readonly usernames: readonly string[];
}

const LIFETIMES: Lifetimes = { idToken: 3600, session: 86_400, refreshToken: 86_400, deviceCode: 600 };
const LOOPBACK_URIS = ["127.0.0.1", "localhost"].flatMap((host) => ["", "/", "/callback"].map((path) => `http://${host}${path}`));

export function providerConfiguration(parts: ConfigurationParts): object {
  return {
    clients: parts.clients.map(clientMetadata),
    clientDefaults: { id_token_signed_response_alg: "ES256", token_endpoint_auth_method: "none" },
    jwks: { keys: [parts.signingKey] },
    claims: { openid: ["sub", "preferred_username", "email"] },
    scopes: ["openid", "profile", "email", "offline_access"],
    findAccount: (_context: unknown, subject: string) => findAccount(parts.usernames, subject),
    loadExistingGrant: (context: ProviderContext) => findGrant(context, parts.clients),
    clientBasedCORS: () => false,
    ttl: timesToLive({ ...LIFETIMES, ...parts.lifetimes }),
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: isOwnToken },
      rpInitiatedLogout: { enabled: true, ...LOGOUT_PAGES },
      deviceFlow: { enabled: true, ...DEVICE_PAGES },
    },
    renderError,
  };
}

/** The `sub` of a user: not the name, as at real providers. */
export function subjectOf(username: string): string {
  return `id-of-${username}`;
}

function clientMetadata(client: SandboxClient): object {
  return {
    client_id: client.id,
    application_type: "native",
    grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
    redirect_uris: ["app:/callback", ...LOOPBACK_URIS],
    post_logout_redirect_uris: LOOPBACK_URIS,
  };
}

function findAccount(usernames: readonly string[], subject: string): object | undefined {
  const name = usernames.find((candidate) => subjectOf(candidate) === subject);
  if (name === undefined) return undefined;
  return { accountId: subject, claims: () => ({ sub: subject, preferred_username: name, email: `${name}@sandbox.example` }) };
}

/** What the user has granted the client; all it asks for, at once, where the client does not ask for consent. */
async function findGrant({ oidc }: ProviderContext, clients: readonly SandboxClient[]): Promise<Grant | undefined> {
  const { clientId } = oidc.client;
  const id = oidc.result?.consent?.grantId ?? oidc.session.grantIdFor(clientId);
  const known = id === undefined ? undefined : await oidc.provider.Grant.find(id);
  if (known !== undefined || clients.some((client) => client.id === clientId && client.asksConsent === true)) return known;
  const grant = new oidc.provider.Grant({ accountId: oidc.account.accountId, clientId });
  grant.addOIDCScope(oidc.requestParamOIDCScopes);
  await grant.save();
  return grant;
}

function timesToLive(lifetimes: Lifetimes): Readonly<Record<string, number>> {
  return {
    IdToken: lifetimes.idToken,
    AccessToken: lifetimes.idToken,
    AuthorizationCode: 60,
    DeviceCode: lifetimes.deviceCode,
    Interaction: 600,
    RefreshToken: lifetimes.refreshToken,
    Session: lifetimes.session,
    Grant: Math.max(lifetimes.session, lifetimes.refreshToken),
  };
}

interface OfClient {
  readonly clientId: string;
}

function isOwnToken(_context: unknown, client: OfClient, token: OfClient): boolean {
  return client.clientId === token.clientId;
}

const LOGOUT_PAGES = {
  logoutSource: (context: ProviderContext, form: string) => {
    const button = '<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>';
    context.body = htmlPage("Sign out?", [form, button]);
  },
  postLogoutSuccessSource: (context: ProviderContext) => {
    context.body = htmlPage("Signed out", []);
  },
};

const DEVICE_PAGES = {
  userCodeInputSource: (context: ProviderContext, form: string, _out: unknown, error: Error | undefined) => {
    const problem = error === undefined ? [] : [`<p role="alert">${escapeHtml(error.message)}</p>`];
    context.body = htmlPage("Enter the code", [...problem, form, '<button type="submit" form="op.deviceInputForm">Continue</button>']);
  },
  userCodeConfirmSource: (context: ProviderContext, form: string, _client: unknown, _deviceInfo: unknown, ...[userCode]: [string]) => {
    const button = '<button type="submit" form="op.deviceConfirmForm">Continue</button>';
    context.body = htmlPage("Is this your code?", [`<code>${escapeHtml(userCode)}</code>`, form, button]);
  },
  successSource: (context: ProviderContext) => {
    context.body = htmlPage("Your device is signed in", []);
  },
};

function renderError(context: ProviderContext, out: Readonly<Record<string, unknown>>): void {
  context.type = "html";
  context.body = htmlPage("Something went wrong", [`<p>${escapeHtml(Object.values(out).join(": "))}</p>`]);
}
