/**
 * The settings of a section that SDKs take credentials by.
 *
 * No two SDKs agree on their order: JavaScript's takes `credential_process` before `sso_*`, Python's and Java's the other way round; Go's takes
 * static keys before all but a source, Rust's after all others. So every SDK takes a setting for sure only where it is the one of its section.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */

export const STATIC_KEYS: ReadonlySet<string> = new Set([
  "aws_access_key_id",
  "aws_secret_access_key",
  "aws_session_token",
  "aws_security_token",
]);
const OTHERS = new Set([
  "credential_process",
  "credential_source",
  "role_arn",
  "source_profile",
  "web_identity_token_file",
  "login_session",
]);

export function suppliesCredentials(key: string): boolean {
  return STATIC_KEYS.has(key) || OTHERS.has(key) || key.startsWith("sso_");
}

/** The first by which some SDK finds other credentials than by those of `own`. */
export function rivalOf(own: ReadonlySet<string>, keys: Iterable<string>): string | undefined {
  return [...keys].find((key) => suppliesCredentials(key) && !own.has(key));
}
