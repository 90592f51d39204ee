/**
 * What an instance metadata service says of the active profile: the few documents that SDKs ask for, and the indexes that lead to them.
 *
 * An availability zone is the region with an "a": old clients take the region from it, and there is no better one to name.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html and its page on instance identity documents
 */

import type { Profile } from "../../config/profile.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { credentialsBody, wholeSeconds } from "../answers.ts";

/** Of one profile, as it is now. */
export interface Instance {
  readonly profile: Profile;
  readonly credentials: Credentials;
}

const ROLES = "meta-data/iam/security-credentials";

const indexes: Readonly<Record<string, string>> = {
  "": "dynamic\nmeta-data",
  dynamic: "instance-identity/",
  "dynamic/instance-identity": "document",
  "meta-data": "iam/\nplacement/",
  "meta-data/iam": "security-credentials/",
  "meta-data/placement": "availability-zone\nregion",
};

/** What is at a path below /latest/ that names no credentials; undefined where there is nothing. */
export function indexAt(path: string): string | undefined {
  return Object.hasOwn(indexes, path) ? indexes[path] : undefined;
}

/** Text, or an object to be sent as JSON; `path` is below /latest/ and ends in no slash. */
export function documentAt(path: string, instance: Instance): string | object | undefined {
  const region = instance.profile.region?.value;
  const role = roleName(instance.profile);
  switch (path) {
    case ROLES:
      return role;
    case `${ROLES}/${role}`:
      return roleCredentials(instance.credentials);
    case "meta-data/placement/region":
      return region;
    case "meta-data/placement/availability-zone":
      return region && `${region}a`;
    case "dynamic/instance-identity/document":
      return region && { accountId: accountOf(instance), availabilityZone: `${region}a`, region, version: "2017-09-30" };
    default:
      return undefined;
  }
}

/** The role's name, else the profile's; Java's, JavaScript's and Rust's SDKs fail at a blank in it, and a slash would be another path. */
export function roleName({ roleArn, name }: Profile): string {
  const last = (roleArn?.value ?? name).split("/").at(-1) ?? "";
  return last.replaceAll(/[^A-Za-z0-9_-]+/g, "-") || "aws-runas";
}

/** The form that every SDK takes: Go's wants Code, JavaScript's and Rust's a date that ends in "Z". */
function roleCredentials(credentials: Credentials): object {
  return { Code: "Success", LastUpdated: wholeSeconds(credentials.issuedAt), Type: "AWS-HMAC", ...credentialsBody(credentials) };
}

function accountOf({ profile, credentials }: Instance): string | undefined {
  return (credentials.assumedRoleArn ?? profile.roleArn?.value)?.split(":")[4];
}
