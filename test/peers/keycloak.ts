/** A real Keycloak on loopback: starts the server and makes a realm with a public client and users. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keycloakFolder } from "./install.ts";

export interface Keycloak {
  /** Without a path: "http://127.0.0.1:18080". */
  readonly url: string;
  stop(): Promise<void>;
}

export interface KeycloakUser {
  readonly username: string;
  readonly password: string;
  /** Raw secret of a TOTP device; six digits, 30 seconds, SHA-1. */
  readonly totp?: string;
  /** "UPDATE_PASSWORD" … */
  readonly requiredActions?: readonly string[];
  /** Further credentials, as the administration API has them. */
  readonly credentials?: readonly object[];
  /** What else the administration API's representation says. */
  readonly more?: object;
}

const administrator = { username: "admin", password: "admin-of-the-test" };

export async function startKeycloak(port: number): Promise<Keycloak> {
  const data = mkdtempSync(join(tmpdir(), "keycloak-"));
  const server = spawn(
    "sh",
    [
      join(keycloakFolder, "bin/kc.sh"),
      "start-dev",
      `--http-port=${port}`,
      "--http-host=127.0.0.1",
      "--http-management-port",
      String(port + 1),
      "--db=dev-mem",
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: {
        ...process.env,
        KC_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
        KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
        JAVA_OPTS_KC_HEAP: "-Xmx768m",
        TMPDIR: data,
      },
    },
  );
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilAnswering(`${url}/realms/master`, server);
  } catch (error) {
    await stop(server, data);
    throw error;
  }
  return { url, stop: () => stop(server, data) };
}

/** Of the client "aws-runas-confidential"; with characters that have to be encoded on the way. */
export const confidentialSecret = "a secret/of the client+1%";

/**
 * Makes realm, a public client with `app:/callback` (PKCE required) and loopback redirects, one with a secret, the clients of `settings`, and
 * the users.
 */
export async function createRealm(
  keycloak: Pick<Keycloak, "url">,
  name: string,
  users: readonly KeycloakUser[],
  { clients = [], ...settings }: { readonly clients?: readonly object[]; readonly [setting: string]: unknown } = {},
): Promise<void> {
  const token = await administratorToken(keycloak);
  await call(keycloak, token, "POST", "/admin/realms", {
    realm: name,
    enabled: true,
    sslRequired: "none",
    ...settings,
    clients: [
      {
        clientId: "aws-runas",
        publicClient: true,
        standardFlowEnabled: true,
        redirectUris: ["app:/callback", "http://127.0.0.1/*"],
        attributes: { "pkce.code.challenge.method": "S256", "oauth2.device.authorization.grant.enabled": "true" },
      },
      {
        clientId: "aws-runas-confidential",
        secret: confidentialSecret,
        standardFlowEnabled: true,
        redirectUris: ["app:/callback"],
        attributes: { "oauth2.device.authorization.grant.enabled": "true" },
      },
      ...clients,
    ],
    users: users.map(userRepresentation),
  });
}

/** Makes requests to the administration API, below "/admin/realms". */
export async function administer(keycloak: Pick<Keycloak, "url">, method: string, path: string, body?: object | string): Promise<unknown> {
  return call(keycloak, await administratorToken(keycloak), method, `/admin/realms${path}`, body);
}

function userRepresentation(user: KeycloakUser): object {
  const device = {
    type: "otp",
    secretData: JSON.stringify({ value: user.totp }),
    credentialData: JSON.stringify({ subType: "totp", period: 30, digits: 6, algorithm: "HmacSHA1", counter: 0 }),
  };
  return {
    username: user.username,
    enabled: true,
    email: `${user.username}@example.com`,
    emailVerified: true,
    firstName: user.username,
    lastName: "Tester",
    requiredActions: user.requiredActions ?? [],
    // Imported users have no roles unless told, and without this one nobody gets an offline session.
    realmRoles: ["offline_access"],
    credentials: [
      { type: "password", value: user.password, temporary: false },
      ...(user.totp === undefined ? [] : [device]),
      ...(user.credentials ?? []),
    ],
    ...user.more,
  };
}

async function administratorToken(keycloak: Pick<Keycloak, "url">): Promise<string> {
  const response = await fetch(`${keycloak.url}/realms/master/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", ...administrator }),
  });
  const answer = (await response.json()) as { access_token: string };
  return answer.access_token;
}

async function call(
  keycloak: Pick<Keycloak, "url">,
  token: string,
  method: string,
  path: string,
  body?: object | string,
): Promise<unknown> {
  const response = await fetch(keycloak.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Keycloak answered ${response.status} to ${method} ${path}: ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function untilAnswering(url: string, server: ChildProcess): Promise<void> {
  let output = "";
  server.stdout?.on("data", (chunk) => (output += chunk));
  server.stderr?.on("data", (chunk) => (output += chunk));
  const end = Date.now() + 300_000;
  while (Date.now() < end && server.exitCode === null) {
    if (
      await fetch(url).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error(`Keycloak did not start:\n${output.slice(-4000)}`);
}

async function stop(server: ChildProcess, data: string): Promise<void> {
  const ended = server.exitCode === null ? new Promise((resolve) => server.once("exit", resolve)) : undefined;
  if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, "SIGKILL");
  await ended;
  rmSync(data, { recursive: true, force: true });
}
