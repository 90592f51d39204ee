/** Plain objects for the tests of this room. */

import type { Profile } from "../../src/config/profile.ts";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { Secret } from "../../src/secret.ts";

export const credentials: Credentials = {
  accessKeyId: "ASIAOURS",
  secretAccessKey: new Secret("our/secret+key"),
  sessionToken: new Secret("our+session/token=="),
  issuedAt: new Date("2026-11-23T09:00:00Z"),
  expiresAt: new Date("2026-11-23T10:00:00.750Z"),
  assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/dev/me",
};

const builtIn = { layer: "built-in" } as const;

export function profileWith(change: Partial<Profile> = {}): Profile {
  return {
    name: "dev",
    login: {
      kind: "oidc",
      authUrl: { value: "https://id.example.com", origin: builtIn },
      clientId: { value: "client", origin: builtIn },
      scopes: ["openid"],
    },
    roleArn: { value: "arn:aws:iam::123456789012:role/dev", origin: builtIn },
    durationSeconds: { value: 3600, origin: builtIn },
    region: { value: "eu-west-1", origin: builtIn },
    sts: { useFips: false, useDualstack: false },
    warnings: [],
    ...change,
  };
}

export const endpoint = { uri: "http://127.0.0.1:4000/credentials", token: new Secret("endpoint-token") };
