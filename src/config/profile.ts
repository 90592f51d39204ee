/**
 * The one plain object that everything downstream of configuration reads: a profile with every layer already merged, each value
 * remembering where it came from.
 */

import type { Secret } from "../secret.ts";

/** Where a value was found; error messages are made from it (`describeOrigin`). */
export type Origin =
  | {
      readonly layer: "default" | "source" | "profile";
      readonly file: string;
      /** 1 for the first line. */
      readonly line: number;
      /** As written, without the brackets: "profile dev". */
      readonly section: string;
      readonly key: string;
    }
  | { readonly layer: "environment"; readonly variable: string }
  /** As the user would type it: "-J", "--jump-role". */
  | { readonly layer: "flag"; readonly flag: string }
  /** A role ARN given in the profile's place. */
  | { readonly layer: "argument" }
  | { readonly layer: "built-in" };

export interface Setting<T> {
  readonly value: T;
  readonly origin: Origin;
}

export interface Profile {
  /** As the user named it: a profile's name or a role ARN. */
  readonly name: string;
  readonly login: Login;
  /** Undefined with IAM, where the session's own credentials are the profile's, and with SAML, where the assertion offers roles. */
  readonly roleArn?: Setting<string> | undefined;
  /** Assumed first, with the login's proof; `roleArn` is then assumed with its credentials. */
  readonly jumpRoleArn?: Setting<string> | undefined;
  readonly roleSessionName?: Setting<string> | undefined;
  readonly externalId?: Setting<string> | undefined;
  /** Seconds, 900–43200. */
  readonly durationSeconds: Setting<number>;
  readonly terms?: SessionTerms | undefined;
  /** Undefined when nothing names one: STS then uses the partition's default and nothing is exported. */
  readonly region?: Setting<string> | undefined;
  readonly sts: StsSettings;
  readonly warnings: readonly string[];
}

/** How the SDKs would find STS for this profile. */
export interface StsSettings {
  /** From AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL, `services` and `endpoint_url`, in the SDKs' order. */
  readonly endpoint?: Setting<string> | undefined;
  readonly useFips: boolean;
  readonly useDualstack: boolean;
}

/** What the session of a role is to carry besides its name. */
export interface SessionTerms {
  /** JSON without blanks. */
  readonly policy?: Setting<string> | undefined;
  /** Of managed policies. */
  readonly policyArns?: Setting<readonly string[]> | undefined;
  /** "key=value". */
  readonly tags?: Setting<readonly string[]> | undefined;
  /** Keys of tags that roles assumed with this one's credentials get too. */
  readonly transitiveTags?: Setting<readonly string[]> | undefined;
  readonly sourceIdentity?: Setting<string> | undefined;
}

export type Login = WebIdentityLogin | SamlLogin | IamLogin;

/** Those that end in an id token. */
export type WebIdentityLogin = OidcLogin | TokenLogin;

/** Those that a person logs in at an identity provider for. */
export type ProviderLogin = OidcLogin | SamlLogin;

/** What a provider's pages are answered with. */
export interface PersonLogin {
  /** OIDC: the issuer, or what its guide calls so. SAML: the page that the login starts at. */
  readonly authUrl: Setting<string>;
  readonly username?: Setting<string> | undefined;
  /** From a flag or the environment; a stored one is looked up only when a form asks for it. */
  readonly password?: Setting<Secret> | undefined;
  /** Lower case. */
  readonly provider?: Setting<string> | undefined;
  /** Lower case. */
  readonly mfaType?: Setting<string> | undefined;
  /** A one-time code given beforehand; good for one use. */
  readonly mfaCode?: Setting<Secret> | undefined;
  /** With the secret beside it: what aws-runas may call the provider's own API with, where its login needs one (OneLogin). */
  readonly apiClientId?: Setting<string> | undefined;
  readonly apiClientSecret?: Setting<Secret> | undefined;
  /** The service or tree that ForgeRock is to log in by. */
  readonly authService?: Setting<string> | undefined;
  /** Further origins that user name, password and code may be posted to, and that may show a device login's page: "https://host:port". */
  readonly trustedOrigins?: readonly string[];
  /** Which of the identity providers behind this one to log in at, as Keycloak calls it. */
  readonly idpHint?: Setting<string> | undefined;
  /** The name of a guest at the provider that Entra sends them to. */
  readonly federatedUsername?: Setting<string> | undefined;
  /** With "never" nobody is asked for anything, whatever there is to ask on. */
  readonly attendance?: Setting<Attendance> | undefined;
}

export interface OidcLogin extends PersonLogin {
  readonly kind: "oidc";
  readonly clientId: Setting<string>;
  /** Undefined asks for the device flow, where the provider offers it. */
  readonly redirectUri?: Setting<string> | undefined;
  readonly flow?: Setting<OidcFlow> | undefined;
  /** "openid" among them. */
  readonly scopes: readonly string[];
  /** For providers that have no public clients. */
  readonly clientSecret?: Setting<Secret> | undefined;
}

export interface SamlLogin extends PersonLogin {
  readonly kind: "saml";
  /** Who the AuthnRequest of the system browser's login says that it is from; undefined where nothing names it. */
  readonly entityId?: Setting<string> | undefined;
  /** URL or file of the provider's metadata, which responses to the system browser's login are verified by; "none" to leave that to AWS. */
  readonly metadata?: Setting<string> | undefined;
  /** Which browser the `browser` provider starts; undefined takes the first that is there. */
  readonly browser?: Setting<AuthBrowser> | undefined;
}

/** As auth_browser has them. */
export type AuthBrowser = "chrome" | "msedge" | "chromium";

export type OidcFlow = "form" | "browser" | "device";

export type Attendance = "auto" | "never";

/** Nobody logs in: keys that the user has are traded for a session, and that for roles. */
export interface IamLogin {
  readonly kind: "iam";
  readonly base: BaseCredentials;
  /** The roles that the profile's sources have, assumed one with the other before its own; the first with the base credentials. */
  readonly hops: readonly RoleHop[];
  /** About those roles. */
  readonly warnings: readonly string[];
  /** "aws", "aws-cn" …: whose STS to ask where no region is named. */
  readonly partition: string;
  readonly mfaSerial?: Setting<string> | undefined;
  /** Six digits, given beforehand; good for one use. */
  readonly mfaCode?: Setting<Secret> | undefined;
  /** Seconds, 900–129600: the life of a session token. */
  readonly sessionSeconds: Setting<number>;
  /** With "never" nobody is asked for a code. */
  readonly attendance?: Setting<Attendance> | undefined;
  /** Where the IAM service is, as `StsSettings.endpoint`. */
  readonly iamEndpoint?: Setting<string> | undefined;
}

/** One role of a chain. */
export interface RoleHop {
  readonly roleArn: Setting<string>;
  readonly roleSessionName: Setting<string> | undefined;
  readonly externalId: Setting<string> | undefined;
  /** Seconds, 900–43200. */
  readonly durationSeconds: Setting<number>;
  readonly terms: SessionTerms | undefined;
}

export type BaseCredentials = StaticKeys | ProvidedCredentials;

/** Keys as they stand in a file or the environment. */
export interface StaticKeys {
  readonly kind: "keys";
  readonly accessKeyId: Setting<string>;
  readonly secretAccessKey: Setting<Secret>;
  /** Undefined for a user's long-term keys. */
  readonly sessionToken?: Setting<Secret> | undefined;
}

/** What one of the SDK's own providers gets when it is needed. */
export interface ProvidedCredentials {
  readonly kind: "process" | "sso" | "login" | "ec2" | "ecs";
  /** The setting that says so. */
  readonly said: Setting<string>;
  /** The profile whose settings the provider reads. */
  readonly profile: string;
  /** "key=value", all that the provider reads of it. */
  readonly settings: readonly string[];
  /** Paths of AWS's two files. */
  readonly files: { readonly config: string; readonly credentials: string };
}

/** Somebody else has logged in already: an id token is read, and read again for each use. */
export interface TokenLogin {
  readonly kind: "token";
  readonly source: TokenSource;
  /**
   * Hex: tells one holder of tokens from this source from another, where the same source may speak for several. Set for each use
   * (credentials/holder.ts), undefined before.
   */
  readonly holder?: string | undefined;
  /** The token as it was when the holder was told; undefined where a token is got only when it is needed. */
  readonly presented?: Secret | undefined;
}

/** Where id tokens come from; the setting is the one that says so. */
export type TokenSource =
  /** As written, a leading "~/" included. */
  | { readonly kind: "file"; readonly path: Setting<string> }
  /** Program and arguments; never empty. */
  | { readonly kind: "command"; readonly words: Setting<readonly string[]> }
  | { readonly kind: "variable"; readonly variable: Setting<string> }
  /** GitHub Actions. */
  | { readonly kind: "github"; readonly name: Setting<string>; readonly audience: Setting<string> };
