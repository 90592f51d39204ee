/** A provider that gives refresh tokens, whatever the login; what it was shown and what is kept of it. */

import type { OidcLogin } from "../../src/config/profile.ts";
import type { IdToken } from "../../src/login/id-token.ts";
import type { LoginTools } from "../../src/login/login-tools.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { announce, type Answer, type FakeProvider, json, type Seen, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";
import { tokensOf } from "./tokens.ts";

export interface RefreshStage {
  readonly provider: FakeProvider;
  readonly tools: ReturnType<typeof toolsWith>;
  /** What the token endpoint says to any other grant. */
  onLogin: () => Promise<Answer>;
  onRefresh: (seen: Seen) => Answer | Promise<Answer>;
  logins: number;
  /** The refresh tokens that were shown. */
  readonly refreshed: string[];
  /** A profile that logs in by the device flow. */
  login(): OidcLogin;
  attempt(parts?: Partial<LoginTools>, login?: OidcLogin): Promise<IdToken>;
  /** Entries for refresh tokens. */
  kept(): readonly object[];
}

/** Nobody is at the terminal. */
export const alone: Partial<LoginTools> = { terminal: person() };

export async function setRefreshStage(): Promise<RefreshStage> {
  const provider = await startProvider();
  announce(provider, { device_authorization_endpoint: `${provider.issuer}/device` });
  const code = { device_code: "device", user_code: "CODE", verification_uri: `${provider.issuer}/enter`, expires_in: 600 };
  provider.pages.set("POST /device", json(code));
  provider.pages.set("POST /token", async (seen) => {
    if (seen.form.get("grant_type") !== "refresh_token") {
      stage.logins += 1;
      return stage.onLogin();
    }
    stage.refreshed.push(seen.form.get("refresh_token") ?? "");
    return stage.onRefresh(seen);
  });
  const tools = toolsWith(provider.http, { clock: movedClock(), terminal: person("nothing") });
  const login = () => loginOf(provider.issuer, { redirectUri: undefined });
  const stage: RefreshStage = {
    provider,
    tools,
    onLogin: () => tokensOf(provider, { refresh_token: `login-${stage.logins}` }),
    onRefresh: () => tokensOf(provider, { refresh_token: `next-${stage.refreshed.length}` }),
    logins: 0,
    refreshed: [],
    login,
    attempt: (parts = {}, settings = login()) => logIn(settings, { ...tools, ...parts }),
    kept: () => [...tools.store.entries].filter(([name]) => name.startsWith("refresh ")).map(([, text]) => JSON.parse(text) as object),
  };
  return stage;
}
