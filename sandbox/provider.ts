/**
 * A real OpenID provider on loopback: oidc-provider with a login of its own, accounts in memory and a key made at start; for the same
 * accounts, SAML (saml.ts).
 *
 * Public clients only, PKCE required, ES256 (which AWS accepts, and which is generated in no time). The id token always carries
 * `preferred_username` and `email`. As the specification has it, `offline_access` needs `prompt=consent` or the device flow.
 */

import * as jose from "jose";
import type { Provider } from "oidc-provider";

import { type Account, createInteractions } from "./interactions.ts";
import { type Handle, type LoopbackServer, startLoopbackServer } from "./loopback-server.ts";
import { type Lifetimes, providerConfiguration, type SandboxClient } from "./provider-configuration.ts";
import { createSaml, type SamlApp, type SamlSide } from "./saml.ts";
import { Totp } from "./totp.ts";

export interface SandboxUser {
  readonly name: string;
  readonly password: string;
  /** Raw characters; with it the user is asked for a one-time code. */
  readonly totpSecret?: string;
}

export interface ProviderOptions {
  readonly users: readonly SandboxUser[];
  readonly clients: readonly SandboxClient[];
  readonly lifetimes?: Partial<Lifetimes>;
  readonly samlApps?: readonly SamlApp[];
  /** The clock of SAML, in milliseconds since the epoch; OpenID Connect always goes by the machine's. */
  readonly now?: (() => number) | undefined;
}

export interface SandboxProvider extends LoopbackServer {
  readonly issuer: string;
  /** Changes the id token on its way out: takes the JWT and gives the text to send in its place. */
  rewriteIdToken: ((jwt: string) => string | Promise<string>) | undefined;
  /** Signs claims with the provider's own key; nothing is added to them. */
  sign(claims: jose.JWTPayload): Promise<string>;
  /** What /jwks serves. */
  readonly publicKeys: jose.JSONWebKeySet;
  readonly saml: SamlSide;
  /** The next unused one-time code of a user. */
  totp(username: string): string;
}

export async function startProvider(options: ProviderOptions): Promise<SandboxProvider> {
  const [server, key] = await Promise.all([startLoopbackServer(), makeKey()]);
  const accounts = new Map(options.users.map((user) => [user.name, accountOf(user)]));
  const provider: SandboxProvider = Object.assign(server, {
    issuer: server.origin,
    rewriteIdToken: undefined,
    sign: (claims: jose.JWTPayload) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: key.kid, typ: "JWT" }).sign(key.privateKey),
    publicKeys: { keys: [key.publicJwk] },
    saml: createSaml({ origin: server.origin, apps: options.samlApps ?? [], accounts, now: options.now ?? Date.now }),
    totp: (username: string) => codeFor(accounts, username),
  });
  server.handle = await createHandle(provider, options, { accounts, signingKey: key.privateJwk });
  return provider;
}

interface Key {
  readonly kid: string;
  readonly privateKey: jose.CryptoKey;
  readonly privateJwk: jose.JWK;
  readonly publicJwk: jose.JWK;
}

async function makeKey(): Promise<Key> {
  const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
  const kid = await jose.calculateJwkThumbprint(publicKey);
  const shared = { kid, alg: "ES256", use: "sig" };
  const privateJwk = { ...(await jose.exportJWK(privateKey)), ...shared };
  return { kid, privateKey, privateJwk, publicJwk: { ...(await jose.exportJWK(publicKey)), ...shared } };
}

function accountOf(user: SandboxUser): Account {
  return { name: user.name, password: user.password, totp: user.totpSecret === undefined ? undefined : new Totp(user.totpSecret) };
}

function codeFor(accounts: ReadonlyMap<string, Account>, username: string): string {
  const totp = accounts.get(username)?.totp;
  if (totp === undefined) throw new Error(`${username} has no authenticator`);
  return totp.code();
}

interface Secrets {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly signingKey: jose.JWK;
}

async function createHandle(running: SandboxProvider, options: ProviderOptions, { accounts, signingKey }: Secrets): Promise<Handle> {
  const { Provider, interactionPolicy } = await loadLibrary();
  const { createMemoryAdapter } = await import("oidc-provider/lib/adapters/memory_adapter.js");
  const policy = interactionPolicy.base();
  policy.get("consent").checks.remove("native_client_prompt");
  const configuration = providerConfiguration({ ...options, signingKey, usernames: [...accounts.keys()] });
  const provider = new Provider(running.issuer, { ...configuration, adapter: createMemoryAdapter(), interactions: { policy } });
  provider.on("server_error", (_context, error) => console.error("sandbox:", error));
  passIdTokens(provider, running);

  const twoPageClients = new Set(options.clients.filter((client) => client.isOnTwoPages === true).map((client) => client.id));
  const interact = createInteractions({ provider, accounts, twoPageClients });
  const protocol = provider.callback();
  return (request, incoming, response) => {
    const { pathname } = request.url;
    if (pathname.startsWith("/saml/")) return running.saml.handle(request, incoming, response);
    return pathname.startsWith("/interaction/") ? interact(request, incoming, response) : protocol(incoming, response);
  };
}

type Library = typeof import("oidc-provider");
let library: Promise<Library> | undefined;

/** Imported without its one line about runtimes it is not tested on; whatever else it has to say is heard. */
function loadLibrary(): Promise<Library> {
  if (library === undefined) {
    const { warn } = console;
    console.warn = (...parts: unknown[]) => {
      if (!String(parts[0]).includes("Unsupported runtime")) warn(...parts);
    };
    library = import("oidc-provider").finally(() => {
      console.warn = warn;
    });
  }
  return library;
}

/** Lets `rewriteIdToken` at every id token. */
function passIdTokens(provider: Provider, running: SandboxProvider): void {
  const { prototype } = provider.IdToken;
  const { issue } = prototype;
  prototype.issue = async function issueAndRewrite(options) {
    const jwt = await issue.call(this, options);
    return options.use === "idtoken" && running.rewriteIdToken !== undefined ? running.rewriteIdToken(jwt) : jwt;
  };
}
