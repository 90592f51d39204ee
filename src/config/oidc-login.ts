/** The layers → how this profile logs in with OIDC, or what it lacks for that and where to put it. */

import { ConfigError } from "../errors.ts";
import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import type { AwsFiles } from "./files.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import type { OidcLogin, Setting } from "./profile.ts";
import { misspellingOf } from "./unknown-keys.ts";
import { asSecret, listOf, map, personLogin } from "./person-login.ts";
import { checkFlow, checkUri, checkUrl } from "./values.ts";

/** What messages call the profile, and where its settings would go: "[profile dev] in ~/.aws/config". */
export interface Subject {
  readonly name: string;
  readonly place: string;
  /** A role's ARN that stands in the profile's place. */
  readonly roleArn?: string | undefined;
}

/** @throws ConfigError "config-missing" naming the setting, "config-value" for a wrong one. */
export function oidcLogin(layers: Layers, subject: Subject): OidcLogin {
  const find = (attribute: Attribute) => findSetting(layers, attribute);
  const authUrl = find(attributes.authUrl);
  if (authUrl === undefined) throw missingSetting(attributes.authUrl, subject, misspellingOf(attributes.authUrl, layers));
  const checked = checkUrl(authUrl);
  const clientId = find(attributes.clientId);
  if (clientId === undefined) throw missingSetting(attributes.clientId, subject, misspellingOf(attributes.clientId, layers));
  return {
    ...personLogin(layers, "oidc"),
    kind: "oidc",
    authUrl: checked,
    clientId,
    redirectUri: map(find(attributes.redirectUri), checkUri),
    flow: map(find(attributes.flow), checkFlow),
    scopes: scopesOf(find(attributes.scopes)),
    clientSecret: map(find(attributes.clientSecret), asSecret),
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

/** True for a profile that is to log in with OIDC, though it may not say where. */
export function isBegun(layers: Layers): boolean {
  return [attributes.authUrl, attributes.clientId, attributes.redirectUri].some(
    (attribute) => findSetting(layers, attribute) !== undefined,
  );
}

/** OpenID Connect asks for "openid" each time. */
function scopesOf(setting: Setting<string> | undefined): readonly string[] {
  return [...new Set(["openid", ...listOf(setting)])];
}
