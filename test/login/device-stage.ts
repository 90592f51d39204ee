/** A provider with a device flow, as RFC 8628 has it, a person at a terminal, and a clock that moves with every wait. */

import type { LoginTools } from "../../src/login/login-tools.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import type { IdToken } from "../../src/login/id-token.ts";
import type { OidcLogin } from "../../src/config/profile.ts";
import { announce, type Answer, type FakeProvider, json, type Seen, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { type MovedClock, movedClock } from "./moved-clock.ts";
import { tokensOf } from "./tokens.ts";

export interface DeviceStage {
  readonly provider: FakeProvider;
  readonly clock: MovedClock;
  readonly user: ReturnType<typeof person>;
  /** A profile without a redirect URI. */
  login(): OidcLogin;
  attempt(parts?: Partial<LoginTools>, login?: OidcLogin): Promise<IdToken>;
  /** What the token endpoint says, in order; the last is said again and again. */
  answers(...planned: Answer[]): void;
  /** What the token endpoint saw. */
  polls(): readonly Seen[];
}

/** @see https://www.rfc-editor.org/rfc/rfc8628#section-3.2 */
export const grant = (members: Record<string, unknown> = {}): Answer =>
  json({
    device_code: "the-device-code",
    user_code: "WDJB-MJHT",
    verification_uri: "https://id.acme.example/device",
    verification_uri_complete: "https://id.acme.example/device?user_code=WDJB-MJHT",
    expires_in: 1800,
    interval: 5,
    ...members,
  });

export async function setDeviceStage(issuer?: string): Promise<DeviceStage> {
  const provider = await startProvider(issuer);
  announce(provider, { device_authorization_endpoint: `${provider.issuer}/device_authorization` });
  provider.pages.set("POST /device_authorization", grant());
  const clock = movedClock();
  const user = person("nothing");
  const login = () => loginOf(provider.issuer, { redirectUri: undefined });
  return {
    provider,
    clock,
    user,
    login,
    attempt: (parts = {}, settings = login()) => logIn(settings, toolsWith(provider.http, { clock, terminal: user, ...parts })),
    answers: (...planned) => {
      const left = [...planned];
      provider.pages.set("POST /token", async () => (left.length > 1 ? left.shift() : left[0]) ?? tokensOf(provider));
    },
    polls: () => provider.seen.filter(({ url }) => url.pathname === "/token"),
  };
}
