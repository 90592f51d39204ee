/**
 * Where a provider's SAML metadata is: what saml_metadata says, a URL or a file, or what the address of the login says by the provider's
 * own rule.
 *
 * Keycloak's does. Entra's does not: an application has signing certificates of its own, which are only in the document that is asked for
 * with the application's id.
 *
 * @see https://www.keycloak.org/docs/latest/server_admin/ (SAML identity provider descriptor)
 * @see https://learn.microsoft.com/en-us/entra/identity-platform/federation-metadata
 */

import { readFile, stat } from "node:fs/promises";

import { describeOrigin } from "../../config/origin.ts";
import type { SamlLogin } from "../../config/profile.ts";
import { ConfigError, LoginError, messageOf, printable } from "../../errors.ts";
import type { Http } from "../../world.ts";
import type { LoginTools } from "../login-tools.ts";
import { type IdpKeys, parseMetadata } from "./idp-metadata.ts";

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const KEYCLOAK = /^(.*\/realms\/[^/]+\/protocol\/saml)(?:\/.*)?$/;

/**
 * Undefined where there is none: nothing can be verified then.
 *
 * @throws ConfigError "config-value" for a file; LoginError "provider-answer", "provider-unreachable" for a URL
 */
export async function findIdpKeys(login: SamlLogin, http: Http, tools: LoginTools): Promise<IdpKeys | undefined> {
  const { metadata } = login;
  if (metadata?.value.toLowerCase() === "none") return undefined;
  const url = metadata === undefined ? keycloakDescriptor(new URL(login.authUrl.value)) : urlIn(metadata.value);
  if (url !== undefined) return fetchMetadata(url, http, tools);
  return metadata && readMetadata(metadata, tools);
}

function keycloakDescriptor({ origin, pathname }: URL): URL | undefined {
  const [, endpoint] = KEYCLOAK.exec(pathname) ?? [];
  return endpoint === undefined ? undefined : new URL(`${origin}${endpoint}/descriptor`);
}

function urlIn(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

async function fetchMetadata(url: URL, http: Http, { clock }: LoginTools): Promise<IdpKeys> {
  const { status, body } = await http({
    method: "GET",
    url,
    headers: { accept: "application/samlmetadata+xml, application/xml, text/xml" },
  });
  const keys = status === 200 ? parseMetadata(body, clock.now()) : undefined;
  if (keys !== undefined) return keys;
  const what = status === 200 ? "what it gives is none of an identity provider, or over" : `status ${status}`;
  throw new LoginError("provider-answer", `${url.host} gives no SAML metadata at ${printable(url.pathname)}: ${what}`, {
    provider: url.host,
    step: "metadata",
    hint: "set saml_metadata to the URL or file of the provider's metadata, or to none to have only AWS verify responses",
  });
}

async function readMetadata({ value, origin }: NonNullable<SamlLogin["metadata"]>, { homeDir = "~", clock }: LoginTools): Promise<IdpKeys> {
  const path = value.startsWith("~/") ? homeDir + value.slice(1) : value;
  const failure = (problem: string) => new ConfigError("config-value", `${describeOrigin(origin)}: ${printable(path)} ${problem}`);
  const text = await readPlainFile(path).catch((cause: unknown) => {
    throw failure(`cannot be read: ${printable(messageOf(cause))}`);
  });
  const keys = text === undefined ? undefined : parseMetadata(text, clock.now());
  if (keys === undefined) throw failure("is no SAML metadata of an identity provider, or is over");
  return keys;
}

/** Undefined for what is none, or longer than any metadata: a pipe may wait for ever, and a device has no end. */
async function readPlainFile(path: string): Promise<string | undefined> {
  const found = await stat(path);
  return found.isFile() && found.size <= MAX_FILE_BYTES ? readFile(path, "utf8") : undefined;
}
