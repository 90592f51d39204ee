/** The layers → how this profile logs in with OIDC, or what it lacks for that and where to put it. */

import { ConfigError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import type { AwsFiles } from "./files.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import type { OidcLogin, Setting } from "./profile.ts";
import { hasUnknownKeys, misspellingOf } from "./unknown-keys.ts";
import { checkAttendance, checkFlow, checkMfaType, checkUri, checkUrl, lowerCase } from "./values.ts";

/** What messages call the profile, and where its settings would go: "[profile dev] in ~/.aws/config". */
export interface Subject {
  readonly name: string;
  readonly place: string;
}

/**
 * @throws ConfigError "not-supported" for a profile of another kind, "config-missing" naming the setting, "config-value" for a wrong one,
 *   "config-conflict" when it is a SAML profile as well.
 */
export function oidcLogin(layers: Layers, subject: Subject): OidcLogin {
  const find = (attribute: Attribute) => findSetting(layers, attribute);
  const authUrl = checkUrl(requireAuthUrl(layers, subject));
  const clientId = find(attributes.clientId);
  if (clientId === undefined) throw missingSetting(attributes.clientId, subject, misspellingOf(attributes.clientId, layers));
  return {
    kind: "oidc",
    authUrl,
    clientId,
    redirectUri: map(find(attributes.redirectUri), checkUri),
    username: find(attributes.username),
    password: map(find(attributes.password), asSecret),
    provider: map(find(attributes.provider), lowerCase),
    flow: map(find(attributes.flow), checkFlow),
    mfaType: map(find(attributes.mfaType), checkMfaType),
    mfaCode: map(find(attributes.mfaCode), asSecret),
    scopes: scopesOf(find(attributes.scopes)),
    clientSecret: map(find(attributes.clientSecret), asSecret),
    apiClientId: find(attributes.apiClientId),
    apiClientSecret: map(find(attributes.apiClientSecret), asSecret),
    authService: find(attributes.authService),
    trustedOrigins: listOf(find(attributes.trustedOrigins)).map((value) => originOf(value, find(attributes.trustedOrigins))),
    idpHint: find(attributes.idpHint),
    federatedUsername: find(attributes.federatedUsername),
    attendance: map(find(attributes.attendance), checkAttendance),
  };
}

/** Config files are shared and checked in; the same section of the credentials file is read as well, and guarded as such. */
export function clientSecretWarnings({ clientSecret }: OidcLogin, { config, credentials }: AwsFiles): readonly string[] {
  const origin = clientSecret?.origin;
  if (origin === undefined || !("file" in origin) || origin.file !== config.label) return [];
  const section = origin.section.replace(/^profile /, "");
  return [`${describeOrigin(origin)} is a secret: move it to [${section}] in ${credentials.label}`];
}

/** The error for a setting that is needed, with the ways to give it; `remark` says why what the user may think of does not count. */
export function missingSetting({ keys, variables }: Attribute, { name, place }: Subject, remark?: string): ConfigError {
  const [variable] = variables.flat();
  const message = `${name} has no ${keys[0]}${remark === undefined ? "" : `: ${remark}`}`;
  return new ConfigError("config-missing", message, {
    hint: `add \`${keys[0]} = …\` to ${place}${variable === undefined ? "" : `, or set ${variable}`}`,
  });
}

function requireAuthUrl(layers: Layers, subject: Subject): Setting<string> {
  const oidc = findSetting(layers, attributes.authUrl);
  const saml = findSetting(layers, attributes.samlAuthUrl);
  if (oidc !== undefined && saml !== undefined) {
    throw new ConfigError("config-conflict", `${describeOrigin(oidc.origin)} and ${describeOrigin(saml.origin)} exclude each other`, {
      hint: "a profile logs in with OIDC or with SAML: keep one of them",
    });
  }
  if (oidc !== undefined) return oidc;
  if (saml !== undefined) throw unsupported("SAML", subject);
  if (!isBegun(layers) && !hasUnknownKeys(layers)) throw unsupported("IAM", subject);
  throw missingSetting(attributes.authUrl, subject, misspellingOf(attributes.authUrl, layers));
}

/** True for a profile that is to log in with OIDC, though it may not say where. */
export function isBegun(layers: Layers): boolean {
  return [attributes.authUrl, attributes.clientId, attributes.redirectUri].some(
    (attribute) => findSetting(layers, attribute) !== undefined,
  );
}

function unsupported(kind: "SAML" | "IAM", { name, place }: Subject): ConfigError {
  const reason = `${name} has no web_identity_auth_url, and ${kind} profiles are not supported in this version`;
  const hint = `to log in with OIDC, add web_identity_auth_url and its like, or a source of tokens such as web_identity_token_file, to ${place}`;
  return new ConfigError("not-supported", reason, { hint });
}

/** OpenID Connect asks for "openid" each time. */
function scopesOf(setting: Setting<string> | undefined): readonly string[] {
  return [...new Set(["openid", ...listOf(setting)])];
}

/** Parted by blanks or commas. */
function listOf(setting: Setting<string> | undefined): readonly string[] {
  return setting === undefined ? [] : setting.value.split(/[\s,]+/).filter((word) => word !== "");
}

function originOf(value: string, setting: Setting<string> | undefined): string {
  return new URL(checkUrl({ value, origin: setting?.origin ?? { layer: "built-in" } }).value).origin;
}

function asSecret({ value, origin }: Setting<string>): Setting<Secret> {
  return { value: new Secret(value), origin };
}

function map<A, B>(setting: Setting<A> | undefined, change: (setting: Setting<A>) => Setting<B>): Setting<B> | undefined {
  return setting && change(setting);
}
