/**
 * The end of a login: everything that is kept of it is dropped here, then the provider is told.
 *
 * Credentials of roles that no profile names any more (by flag, by an older configuration) are found too, as each entry says which login it
 * came by. The session is shared with other clients of the same provider and user, and ends for them as well.
 */

import type { Login, OidcLogin } from "../config/profile.ts";
import { messageOf } from "../errors.ts";
import type { IdToken } from "../login/id-token.ts";
import { discover } from "../login/oidc/discovery.ts";
import type { Metadata } from "../login/oidc/metadata.ts";
import type { Assertion } from "../login/saml/assertion.ts";
import type { Store } from "../store/store.ts";
import type { Http } from "../world.ts";
import { tokenKey } from "./key.ts";
import { findKeptAssertion } from "./kept-assertion.ts";
import { findLasting, type Lasting } from "./lasting.ts";
import { browserHome } from "./login-tools.ts";
import { type CredentialTools, forgetProof } from "./provider.ts";
import { loginOfCredentials, unpackToken } from "./stored.ts";

/** What was kept of a login. */
export interface Forgotten extends Lasting {
  readonly token: IdToken | undefined;
  /** With SAML. */
  readonly assertion: Assertion | undefined;
  /** True when a browser that we started had a profile for it. */
  readonly browserProfile: boolean;
  /** How many roles' credentials. */
  readonly credentials: number;
}

/** One request; a provider that does not answer must not hold up a person who wants to leave. */
const REQUEST_LIMIT_MS = 10_000;

/** True when there was anything. */
export function wasAnything({ token, assertion, browserProfile, sessions, refreshTokens, credentials }: Forgotten): boolean {
  return token !== undefined || assertion !== undefined || browserProfile || sessions.length + refreshTokens.length + credentials > 0;
}

/** Drops all that is kept of a login but the discovery document, and says what that was. @throws StoreError "store-unusable" */
export async function forgetLogin(login: Login, { store, homeDir }: CredentialTools): Promise<Forgotten> {
  const key = await tokenKey(login);
  const token = unpackToken(await store.read("token", key));
  const assertion = await findKeptAssertion({ login }, store);
  const lasting = await findLasting(login, token, store);
  for (const session of lasting.sessions) await store.remove("session", session.key);
  for (const refreshToken of lasting.refreshTokens) await store.remove("refresh", refreshToken.key);
  await forgetProof({ login }, store);
  const browserProfile = await forgetBrowser(login, homeDir);
  return { ...lasting, token, assertion, browserProfile, credentials: await forgetCredentials(key, store) };
}

async function forgetBrowser(login: Login, homeDir: string): Promise<boolean> {
  if (login.kind !== "saml") return false;
  const { removeProfileFolders } = await import("../login/saml/browser-folder.ts");
  return removeProfileFolders(login, browserHome(homeDir));
}

/** Drops the profiles of all browsers that we started. @throws StoreError "store-unusable" */
export async function forgetAllBrowsers({ homeDir }: CredentialTools): Promise<void> {
  const { removeAllProfileFolders } = await import("../login/saml/browser-folder.ts");
  removeAllProfileFolders(browserHome(homeDir));
}

/** Tells the provider. Failures are warnings: here the login is over already. */
export async function logOutAtProvider(login: OidcLogin, forgotten: Forgotten, tools: CredentialTools): Promise<void> {
  const { log, clock } = tools;
  const host = new URL(login.authUrl.value).host;
  try {
    const [{ createHttp }, { providerHttp }, { endSession, revokeToken }] = await Promise.all([
      import("../http/client.ts"),
      import("../login/provider-http.ts"),
      import("../login/oidc/logout.ts"),
    ]);
    const http = providerHttp({ host, login }, { http: withLimit(createHttp(tools)), clock, log });
    const metadata = forgotten.metadata ?? (await findMetadata(login, http("discovery"), tools));
    const attempt = async (what: string, work: () => Promise<boolean>) => {
      if (await succeeds(work, (problem) => log.warn(`${what} at ${host} did not work: ${problem}`)))
        log.debug(`${what} at ${host} worked`);
    };
    for (const { token } of forgotten.refreshTokens) {
      await attempt("revoking the refresh token", () => revokeToken(token, login, metadata, http("logout")));
    }
    for (const { cookies } of sessionsOf(forgotten)) {
      const ending = { idToken: forgotten.token?.raw, cookies };
      await attempt("logging out", () => endSession(ending, login, metadata, { http: http("logout"), clock }));
    }
  } catch (error) {
    log.warn(`logging out at ${host} did not work: ${messageOf(error)}`);
  }
}

/** A login in a browser left no cookies here, but an id token that names the session. */
function sessionsOf({ sessions, token }: Forgotten): readonly { readonly cookies: unknown }[] {
  return sessions.length > 0 || token === undefined ? sessions : [{ cookies: undefined }];
}

async function succeeds(work: () => Promise<boolean>, explain: (problem: string) => void): Promise<boolean> {
  try {
    return await work();
  } catch (error) {
    explain(messageOf(error));
    return false;
  }
}

/** Nothing is kept of it: everything may just have been removed. */
async function findMetadata(login: OidcLogin, http: Http, tools: CredentialTools): Promise<Metadata> {
  const store: Store = { ...tools.store, write: async () => {} };
  return (await discover(login, { ...tools, store, http })).metadata;
}

function withLimit(http: Http): Http {
  return (request) => http({ ...request, timeoutMs: Math.min(REQUEST_LIMIT_MS, request.timeoutMs ?? REQUEST_LIMIT_MS) });
}

async function forgetCredentials(login: string, store: Store): Promise<number> {
  let count = 0;
  for (const key of await store.keys("credentials")) {
    if (loginOfCredentials(await store.read("credentials", key)) !== login) continue;
    await store.remove("credentials", key);
    count += 1;
  }
  return count;
}
