/** Credentials as text for a shell to evaluate, and for an SDK's `credential_process`. */

import type { Credentials } from "../credentials/credentials.ts";
import { credentialVariables, regionVariables } from "./environment.ts";
import type { ChildRequest } from "./environment.ts";

export interface PrintRequest extends ChildRequest {
  readonly credentials: Credentials;
  readonly platform: NodeJS.Platform;
}

/**
 * One assignment a line, always in the same order: `export NAME='value'`, or `set NAME=value` for Windows' cmd (where no SHELL is set).
 *
 * What a shell holds of another tool's credentials would spoil these for botocore, so a variable of that sort is overwritten — but
 * not added where the shell has none.
 */
export function shellAssignments({ credentials, profile, env, platform }: PrintRequest): string {
  const variables = {
    ...credentialVariables(credentials),
    ...(env["AWS_SECURITY_TOKEN"] ? { AWS_SECURITY_TOKEN: credentials.sessionToken.reveal() } : {}),
    ...(env["AWS_CREDENTIAL_EXPIRATION"] ? { AWS_CREDENTIAL_EXPIRATION: expiration(credentials) } : {}),
    ...regionVariables(profile),
    AWSRUNAS_PROFILE: profile.name,
  };
  const assign = platform === "win32" && !env["SHELL"] ? cmdLine : shLine;
  return Object.entries(variables).map(assign).join("");
}

/**
 * One line of JSON, which begins with the key as scripts for the Go tool expect it.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function credentialProcessOutput(credentials: Credentials): string {
  const fields = {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey.reveal(),
    SessionToken: credentials.sessionToken.reveal(),
    Version: 1,
    Expiration: expiration(credentials),
  };
  return `${JSON.stringify(fields)}\n`;
}

function expiration({ expiresAt }: Credentials): string {
  return `${expiresAt.toISOString().slice(0, 19)}Z`;
}

/** Within single quotes sh takes everything as it is but the quote itself. */
export function shLine([name, value]: [string, string]): string {
  return `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'\n`;
}

/** cmd has no way to quote these characters, so a value with one (only a profile's name could have it) is left out. */
function cmdLine([name, value]: [string, string]): string {
  return /["%!\r\n]/.test(value) ? "" : `set "${name}=${value}"\r\n`;
}
