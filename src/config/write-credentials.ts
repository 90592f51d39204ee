/**
 * `-c`: credentials in the credentials file, as `[PROFILE-awsrunas]`, for programs that know nothing else.
 *
 * Every other byte of the file stays. The file becomes its owner's alone: it holds keys now. When they expire stands beside them, by the
 * name that other tools of this kind give it; SDKs do not read it.
 */

import { ConfigError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { LockOptions } from "../store/lock.ts";
import { rivalOf, STATIC_KEYS } from "./credential-keys.ts";
import { editIniFile } from "./edit.ts";
import type { AwsFiles } from "./files.ts";
import { findSections, readSettings } from "./ini.ts";

export interface WrittenCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  readonly expiresAt: Date;
}

const SUFFIX = "-awsrunas";

/**
 * Names the profile that programs are to select.
 *
 * @throws ConfigError "config-value" for a name that no section can have, "config-conflict" where the config would lead SDKs elsewhere;
 *   StoreError "store-unusable" when the file cannot be written
 */
export async function writeCredentials(
  profile: string,
  credentials: WrittenCredentials,
  { files, ...options }: LockOptions & { readonly files: AwsFiles },
): Promise<string> {
  const section = profile + SUFFIX;
  refuseRivals(section, files);
  const values = {
    aws_access_key_id: credentials.accessKeyId,
    aws_secret_access_key: credentials.secretAccessKey.reveal(),
    aws_session_token: credentials.sessionToken.reveal(),
    x_security_token_expires: `${credentials.expiresAt.toISOString().slice(0, 19)}Z`,
  };
  await editIniFile(files.credentials, { section, values }, { ...options, mode: 0o600 });
  return section;
}

/** Static keys in the config are none: those of the credentials file win. */
function refuseRivals(section: string, { config, credentials }: AwsFiles): void {
  const headings = findSections(config, section).get(`profile ${section}`) ?? [];
  const rival = rivalOf(STATIC_KEYS, readSettings(config, headings).keys());
  if (rival === undefined) return;
  throw new ConfigError(
    "config-conflict",
    `[profile ${section}] in ${config.label} has ${rival}, so programs would not use the keys in ${credentials.label}`,
    {
      hint: `remove ${rival} there, or leave out -c`,
    },
  );
}
