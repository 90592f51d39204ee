/** The layers → what OIDC and SAML both answer a provider's pages with; each protocol has names of its own for most of it. */

import { Secret } from "../secret.ts";
import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import type { PersonLogin, Setting } from "./profile.ts";
import { checkAttendance, checkMfaType, checkUrl, lowerCase } from "./values.ts";

type Named = "username" | "password" | "provider" | "apiClientId" | "apiClientSecret" | "authService" | "trustedOrigins" | "idpHint";

const NAMES: Readonly<Record<"oidc" | "saml", Readonly<Record<Named, Attribute>>>> = {
  oidc: attributes,
  saml: {
    username: attributes.samlUsername,
    password: attributes.samlPassword,
    provider: attributes.samlProvider,
    apiClientId: attributes.samlApiClientId,
    apiClientSecret: attributes.samlApiClientSecret,
    authService: attributes.samlAuthService,
    trustedOrigins: attributes.samlTrustedOrigins,
    idpHint: attributes.samlIdpHint,
  },
};

/** @throws ConfigError "config-value" for what has not its shape */
export function personLogin(layers: Layers, kind: "oidc" | "saml"): Omit<PersonLogin, "authUrl"> {
  const find = (attribute: Attribute) => findSetting(layers, attribute);
  const names = NAMES[kind];
  const origins = find(names.trustedOrigins);
  return {
    username: find(names.username),
    password: map(find(names.password), asSecret),
    provider: map(find(names.provider), lowerCase),
    mfaType: map(find(attributes.mfaType), checkMfaType),
    mfaCode: map(find(attributes.mfaCode), asSecret),
    apiClientId: find(names.apiClientId),
    apiClientSecret: map(find(names.apiClientSecret), asSecret),
    authService: find(names.authService),
    trustedOrigins: listOf(origins).map((value) => originOf(value, origins)),
    idpHint: find(names.idpHint),
    federatedUsername: find(attributes.federatedUsername),
    attendance: map(find(attributes.attendance), checkAttendance),
  };
}

/** Parted by blanks or commas. */
export function listOf(setting: Setting<string> | undefined): readonly string[] {
  return setting === undefined ? [] : setting.value.split(/[\s,]+/).filter((word) => word !== "");
}

export function asSecret({ value, origin }: Setting<string>): Setting<Secret> {
  return { value: new Secret(value), origin };
}

export function map<A, B>(setting: Setting<A> | undefined, change: (setting: Setting<A>) => Setting<B>): Setting<B> | undefined {
  return setting && change(setting);
}

function originOf(value: string, setting: Setting<string> | undefined): string {
  return new URL(checkUrl({ value, origin: setting?.origin ?? { layer: "built-in" } }).value).origin;
}
