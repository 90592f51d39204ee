/** Credentials and login flows of a Keycloak realm, as its administration API takes them. */

import { createHash } from "node:crypto";
import { administer, type Keycloak } from "./keycloak.ts";

type Server = Pick<Keycloak, "url">;

/** A TOTP device with a name; `secret` is raw, not base32. */
export function device(label: string, secret: string): object {
  return {
    type: "otp",
    userLabel: label,
    secretData: JSON.stringify({ value: secret }),
    credentialData: JSON.stringify({ subType: "totp", period: 30, digits: 6, algorithm: "HmacSHA1", counter: 0 }),
  };
}

/** Keycloak asks for them one after the other. */
export function recoveryCodes(...codes: readonly string[]): object {
  const hashed = codes.map((code, index) => ({
    number: index + 1,
    encodedHashedValue: createHash("sha512").update(code).digest("base64"),
  }));
  return {
    type: "recovery-authn-codes",
    userLabel: "Recovery codes",
    secretData: JSON.stringify({ codes: hashed }),
    credentialData: JSON.stringify({ hashIterations: 1, algorithm: "RS512", totalCodes: codes.length, remainingCodes: codes.length }),
  };
}

/** One that nobody has: enough to be asked for it. */
export function passkey(type: "webauthn" | "webauthn-passwordless" = "webauthn"): object {
  return {
    type,
    userLabel: "my key",
    secretData: "{}",
    credentialData: JSON.stringify({
      aaguid: "00000000-0000-0000-0000-000000000000",
      credentialId: "A".repeat(22),
      counter: 0,
      credentialPublicKey: "A".repeat(100),
      attestationStatementFormat: "none",
      transports: ["usb"],
    }),
  };
}

/** Lets users with several second factors choose, in the realm's "browser" flow. */
export async function offerEveryFactor(server: Server, realm: string): Promise<void> {
  const path = `/${realm}/authentication/flows/browser/executions`;
  const executions = (await administer(server, "GET", path)) as { providerId?: string }[];
  for (const provider of ["auth-otp-form", "webauthn-authenticator", "auth-recovery-authn-code-form"]) {
    const execution = executions.find(({ providerId }) => providerId === provider);
    await administer(server, "PUT", path, { ...execution, requirement: "ALTERNATIVE" });
  }
}

/** Makes the realm ask for the user name first, then for one of the given authenticators. */
export async function askNameFirst(server: Server, realm: string, authenticators: readonly string[]): Promise<void> {
  const flows = `/${realm}/authentication/flows`;
  await administer(server, "POST", flows, { alias: "name-first", providerId: "basic-flow", topLevel: true, builtIn: false });
  await addExecution("name-first", "auth-username-form", "REQUIRED");
  await administer(server, "POST", `${flows}/name-first/executions/flow`, { alias: "ways", type: "basic-flow", provider: "" });
  await setRequirement("name-first", ({ displayName }) => displayName === "ways", "REQUIRED");
  for (const authenticator of authenticators) await addExecution("ways", authenticator, "ALTERNATIVE");
  await administer(server, "PUT", `/${realm}`, { browserFlow: "name-first" });

  async function addExecution(flow: string, provider: string, requirement: string): Promise<void> {
    await administer(server, "POST", `${flows}/${flow}/executions/execution`, { provider });
    await setRequirement(flow, ({ providerId }) => providerId === provider, requirement);
  }

  async function setRequirement(flow: string, isIt: (execution: Execution) => boolean, requirement: string): Promise<void> {
    const executions = (await administer(server, "GET", `${flows}/${flow}/executions`)) as Execution[];
    await administer(server, "PUT", `${flows}/${flow}/executions`, { ...executions.find(isIt), requirement });
  }
}

interface Execution {
  readonly providerId?: string;
  readonly displayName?: string;
}

/** Puts `realm` in front of `behind` as an identity provider of these aliases. */
export async function broker(server: Server, realm: string, behind: string, aliases: readonly string[]): Promise<void> {
  const endpoint = (name: string) => `${server.url}/realms/${behind}/protocol/openid-connect/${name}`;
  const client = { clientId: `broker-${realm}`, secret: "secret-of-the-broker", redirectUris: [`${server.url}/realms/*`] };
  await administer(server, "POST", `/${behind}/clients`, { ...client, publicClient: false, standardFlowEnabled: true });
  for (const alias of aliases) {
    await administer(server, "POST", `/${realm}/identity-provider/instances`, {
      alias,
      displayName: alias.toUpperCase(),
      providerId: "keycloak-oidc",
      enabled: true,
      config: {
        authorizationUrl: endpoint("auth"),
        tokenUrl: endpoint("token"),
        jwksUrl: endpoint("certs"),
        issuer: `${server.url}/realms/${behind}`,
        useJwksUrl: "true",
        validateSignature: "true",
        clientId: client.clientId,
        clientSecret: client.secret,
        clientAuthMethod: "client_secret_post",
        syncMode: "IMPORT",
      },
    });
  }
}

/** Ends what the user is logged in to, so that a kept session is of no use. */
export async function endSessions(server: Server, realm: string, username: string): Promise<void> {
  const [user] = (await administer(server, "GET", `/${realm}/users?exact=true&username=${username}`)) as { id: string }[];
  await administer(server, "POST", `/${realm}/users/${user?.id}/logout`);
}
