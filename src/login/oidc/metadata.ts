/** A provider's discovery document, narrowed to what a login uses (OpenID Connect Discovery 1.0 section 3, RFC 9207 section 3). */

import { isObject, type Json } from "../json.ts";

/** Names as on the wire. (No interface: oauth4webapi takes only what may have further members.) */
export type Metadata = {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly device_authorization_endpoint?: string;
  readonly end_session_endpoint?: string;
  readonly revocation_endpoint?: string;
  /** How a client with a secret may show it at the token endpoint; undefined means "client_secret_basic". */
  readonly token_endpoint_auth_methods_supported?: string[];
  readonly authorization_response_iss_parameter_supported: boolean;
};

/** What is wrong with a document, in words; undefined when nothing is. */
type Flaw = string;

/** The document, or what is wrong with it. Endpoints may be http only where the issuer is. */
export function parseMetadata(json: unknown): Metadata | Flaw {
  if (!isObject(json)) return "is no JSON object";
  const { issuer, authorization_endpoint, token_endpoint, jwks_uri } = json;
  if (!isUrl(issuer)) return "names no issuer";
  const isSecure = issuer.startsWith("https:");
  if (!isEndpoint(authorization_endpoint, isSecure)) return "names no usable authorization_endpoint";
  if (!isEndpoint(token_endpoint, isSecure)) return "names no usable token_endpoint";
  if (!isEndpoint(jwks_uri, isSecure)) return "names no usable jwks_uri";
  return {
    issuer,
    authorization_endpoint,
    token_endpoint,
    jwks_uri,
    ...optionalEndpoints(json, isSecure),
    ...authMethods(json["token_endpoint_auth_methods_supported"]),
    authorization_response_iss_parameter_supported: json["authorization_response_iss_parameter_supported"] === true,
  };
}

/** A useless one counts as absent: what it is for is then not offered. */
function optionalEndpoints(json: Json, isSecure: boolean): Partial<Metadata> {
  const names = ["device_authorization_endpoint", "end_session_endpoint", "revocation_endpoint"];
  return Object.fromEntries(names.map((name) => [name, json[name]]).filter(([, value]) => isEndpoint(value, isSecure)));
}

function authMethods(value: unknown): Partial<Metadata> {
  if (!Array.isArray(value)) return {};
  return { token_endpoint_auth_methods_supported: value.filter((method) => typeof method === "string") };
}

function isUrl(value: unknown): value is string {
  return typeof value === "string" && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isEndpoint(value: unknown, isSecure: boolean): value is string {
  return isUrl(value) && (!isSecure || new URL(value).protocol === "https:");
}
