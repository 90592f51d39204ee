/**
 * Every setting by all its names: keys in the files, environment variables, flags. One table, so that what the layers do is the same for all.
 *
 * SAML's names (SAML_USERNAME …) never feed an OIDC setting, and OIDC's no SAML one.
 */

import { parseDuration } from "./duration.ts";

/** The flags that override a setting, named after what they say. */
export type FlagName =
  | "duration" // -d, the life of IAM's session tokens
  | "roleDuration"
  | "otp"
  | "mfaSerial"
  | "mfaType"
  | "externalId"
  | "jumpRole"
  | "webUrl"
  | "webRedirect"
  | "webClient"
  | "username"
  | "password"
  | "provider"
  | "samlUrl"
  | "samlEntityId"
  | "sessionPolicy"
  | "sessionPolicyArns"
  | "sessionTags"
  | "transitiveTags"
  | "sourceIdentity"
  | "readOnly";

export interface FlagValue {
  /** As typed: "-J". */
  readonly flag: string;
  /** Empty counts as not given. */
  readonly value: string;
}

export type FlagSettings = Readonly<Partial<Record<FlagName, FlagValue>>>;

export interface Attribute {
  /** In the files. Several are spellings of one thing: they must not differ in one layer. */
  readonly keys: readonly string[];
  /** The strongest first; those in one inner list are spellings of one thing. */
  readonly variables: readonly (readonly string[])[];
  readonly flag?: FlagName;
  /** Belongs to the role of its own section, so a profile does not inherit it from its source_profile. */
  readonly staysWithHop?: boolean;
  /** Spellings agree when this gives the same for both; the text itself by default. */
  readonly meaning?: (text: string) => unknown;
}

export const attributes = {
  authUrl: { keys: ["web_identity_auth_url"], variables: [["WEB_IDENTITY_AUTH_URL"], ["WEB_AUTH_URL"]], flag: "webUrl" },
  clientId: { keys: ["web_identity_client_id"], variables: [["WEB_IDENTITY_CLIENT_ID"], ["WEB_CLIENT_ID"]], flag: "webClient" },
  redirectUri: {
    keys: ["web_identity_redirect_uri", "web_identity_callback_uri"],
    variables: [["WEB_IDENTITY_REDIRECT_URI"], ["WEB_REDIRECT_URI"]],
    flag: "webRedirect",
  },
  username: {
    keys: ["web_identity_username"],
    variables: [["WEB_IDENTITY_USERNAME"], ["WEB_USERNAME"], ["RUNAS_USERNAME"]],
    flag: "username",
  },
  password: { keys: [], variables: [["WEB_IDENTITY_PASSWORD"], ["WEB_PASSWORD"], ["RUNAS_PASSWORD"]], flag: "password" },
  provider: {
    keys: ["web_identity_provider"],
    variables: [["WEB_IDENTITY_PROVIDER"], ["WEB_PROVIDER"], ["RUNAS_PROVIDER"]],
    flag: "provider",
  },
  flow: { keys: ["web_identity_flow"], variables: [["WEB_IDENTITY_FLOW"]] },
  scopes: { keys: ["web_identity_scopes"], variables: [["WEB_IDENTITY_SCOPES"]] },
  clientSecret: { keys: ["web_identity_client_secret"], variables: [["WEB_IDENTITY_CLIENT_SECRET"]] },
  apiClientId: { keys: ["web_identity_api_client_id"], variables: [["WEB_IDENTITY_API_CLIENT_ID"]] },
  apiClientSecret: { keys: ["web_identity_api_client_secret"], variables: [["WEB_IDENTITY_API_CLIENT_SECRET"]] },
  authService: { keys: ["web_identity_auth_service"], variables: [["WEB_IDENTITY_AUTH_SERVICE"]] },
  trustedOrigins: { keys: ["web_identity_trusted_origins"], variables: [["WEB_IDENTITY_TRUSTED_ORIGINS"]] },
  idpHint: { keys: ["web_identity_idp_hint"], variables: [["WEB_IDENTITY_IDP_HINT"]] },
  federatedUsername: { keys: ["federated_username"], variables: [["FEDERATED_USERNAME"]] },
  mfaType: { keys: ["mfa_type"], variables: [["MFA_TYPE"]], flag: "mfaType" },
  mfaSerial: { keys: ["mfa_serial"], variables: [["MFA_SERIAL"]], flag: "mfaSerial" },
  mfaCode: { keys: [], variables: [["MFA_CODE"]], flag: "otp" },
  // What a cluster sets for every process names a path and never takes the place of another login (login.ts).
  tokenFile: { keys: ["web_identity_token_file"], variables: [["AWS_WEB_IDENTITY_TOKEN_FILE"]] },
  tokenCommand: { keys: ["web_identity_token_command"], variables: [["WEB_IDENTITY_TOKEN_COMMAND"]] },
  tokenVariable: { keys: ["web_identity_token_variable"], variables: [["WEB_IDENTITY_TOKEN_VARIABLE"]] },
  tokenSource: { keys: ["web_identity_token_source"], variables: [["WEB_IDENTITY_TOKEN_SOURCE"]] },
  tokenAudience: { keys: ["web_identity_token_audience"], variables: [["WEB_IDENTITY_TOKEN_AUDIENCE"]] },
  attendance: { keys: ["login"], variables: [["AWSRUNAS_LOGIN"]] },
  samlAuthUrl: { keys: ["saml_auth_url"], variables: [["SAML_AUTH_URL"]], flag: "samlUrl" },
  samlUsername: { keys: ["saml_username"], variables: [["SAML_USERNAME"], ["RUNAS_USERNAME"]], flag: "username" },
  samlPassword: { keys: [], variables: [["SAML_PASSWORD"], ["RUNAS_PASSWORD"]], flag: "password" },
  samlProvider: { keys: ["saml_provider"], variables: [["SAML_PROVIDER"], ["RUNAS_PROVIDER"]], flag: "provider" },
  samlEntityId: {
    keys: ["saml_auth_entityid", "saml_entity_id"],
    variables: [["SAML_ENTITYID", "SAML_ENTITY_ID"]],
    flag: "samlEntityId",
  },
  samlMetadata: { keys: ["saml_metadata"], variables: [["SAML_METADATA"]] },
  samlApiClientId: { keys: ["saml_api_client_id"], variables: [["SAML_API_CLIENT_ID"]] },
  samlApiClientSecret: { keys: ["saml_api_client_secret"], variables: [["SAML_API_CLIENT_SECRET"]] },
  samlAuthService: { keys: ["saml_auth_service"], variables: [["SAML_AUTH_SERVICE"]] },
  samlTrustedOrigins: { keys: ["saml_trusted_origins"], variables: [["SAML_TRUSTED_ORIGINS"]] },
  samlIdpHint: { keys: ["saml_idp_hint"], variables: [["SAML_IDP_HINT"]] },
  authBrowser: { keys: ["auth_browser"], variables: [["AUTH_BROWSER"]] },
  roleArn: { keys: ["role_arn"], variables: [], staysWithHop: true },
  jumpRoleArn: { keys: ["jump_role_arn"], variables: [["JUMP_ROLE_ARN"]], flag: "jumpRole" },
  roleSessionName: { keys: ["role_session_name"], variables: [["AWS_ROLE_SESSION_NAME"]], staysWithHop: true },
  externalId: { keys: ["external_id"], variables: [["EXTERNAL_ID"]], flag: "externalId", staysWithHop: true },
  duration: {
    keys: ["credentials_duration", "duration_seconds"],
    variables: [["CREDENTIALS_DURATION", "DURATION_SECONDS"]],
    flag: "roleDuration",
    meaning: (text: string) => parseDuration(text) ?? text,
  },
  sessionPolicy: { keys: ["session_policy"], variables: [["RUNAS_SESSION_POLICY"]], flag: "sessionPolicy", staysWithHop: true },
  sessionPolicyArns: {
    keys: ["session_policy_arns"],
    variables: [["RUNAS_SESSION_POLICY_ARNS"]],
    flag: "sessionPolicyArns",
    staysWithHop: true,
  },
  sessionTags: { keys: ["session_tags"], variables: [["AWS_SESSION_TAGS"]], flag: "sessionTags", staysWithHop: true },
  transitiveTags: { keys: ["transitive_session_tags"], variables: [["AWS_TRANSITIVE_TAGS"]], flag: "transitiveTags", staysWithHop: true },
  sourceIdentity: { keys: ["source_identity"], variables: [["AWS_SOURCE_IDENTITY"]], flag: "sourceIdentity", staysWithHop: true },
  readOnly: { keys: [], variables: [], flag: "readOnly" },
  sessionDuration: { keys: ["session_token_duration"], variables: [["SESSION_TOKEN_DURATION"]], flag: "duration" },
  region: { keys: ["region"], variables: [["AWS_REGION"], ["AWS_DEFAULT_REGION"]] },
  ignoreEndpoints: { keys: ["ignore_configured_endpoint_urls"], variables: [["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]] },
  useFips: { keys: ["use_fips_endpoint"], variables: [["AWS_USE_FIPS_ENDPOINT"]] },
  useDualstack: { keys: ["use_dualstack_endpoint"], variables: [["AWS_USE_DUALSTACK_ENDPOINT"]] },
} as const satisfies Readonly<Record<string, Attribute>>;
