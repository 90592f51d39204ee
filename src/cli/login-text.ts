/** Who is logged in and where, as reports say it. */

import { describeOrigin } from "../config/origin.ts";
import type { BaseCredentials, Login } from "../config/profile.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { printable } from "../errors.ts";
import { describeSource } from "../login/token-source.ts";

/** "https://id.example.com/realms/x", without what may be a secret in it; or where the tokens or keys come from. */
export function describeLogin(login: Login): string {
  if (login.kind === "token") return printable(describeSource(login.source));
  if (login.kind === "iam") return printable(describeBase(login.base));
  const { origin, pathname } = new URL(login.authUrl.value);
  return printable(origin + pathname);
}

/** A key's id is no secret. */
function describeBase(base: BaseCredentials): string {
  return base.kind === "keys"
    ? `key ${base.accessKeyId.value} (${describeOrigin(base.accessKeyId.origin)})`
    : describeOrigin(base.said.origin);
}

/** Whose the credentials are, for a person: a role's session, or the IAM user's. */
export function describeCredentials({ assumedRoleArn }: Credentials): string {
  return assumedRoleArn ?? "a session of the user's own";
}
