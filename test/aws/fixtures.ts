/** A profile and keys for tests; every part can be replaced. */

import type { OidcLogin, Profile, Setting } from "../../src/config/profile.ts";
import { Secret } from "../../src/secret.ts";

export function setting<T>(value: T): Setting<T> {
  return { value, origin: { layer: "built-in" } };
}

export type OidcProfile = Profile & { readonly login: OidcLogin };

export function testProfile(changes: Partial<Omit<Profile, "login">> & { endpoint?: string } = {}): OidcProfile {
  const { endpoint, ...rest } = changes;
  return {
    name: "dev",
    login: {
      kind: "oidc",
      authUrl: setting("https://id.example.com/realms/main"),
      clientId: setting("aws"),
      redirectUri: setting("app:/callback"),
      username: setting("alice"),
      scopes: ["openid"],
    },
    roleArn: setting("arn:aws:iam::123456789012:role/teams/Dev"),
    durationSeconds: setting(3600),
    sts: { endpoint: endpoint === undefined ? undefined : setting(endpoint), useFips: false, useDualstack: false },
    warnings: [],
    ...rest,
  };
}

export const KEYS = { accessKeyId: "ASIA-jump", secretAccessKey: new Secret("secret-jump"), sessionToken: new Secret("session-jump") };

export const TOKEN = {
  raw: new Secret("eyJhbGciOiJSUzI1NiJ9.token"),
  issuer: "https://id.example.com/realms/main",
  subject: "8f1c",
  audience: ["aws"],
};
