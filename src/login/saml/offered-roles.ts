/**
 * An assertion's Role attribute → the roles that AWS would be asked for.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
 */

import { isRoleArn } from "../../config/values.ts";
import type { OfferedRole } from "./assertion.ts";

/** Of any partition: the role's has to be one that there is. */
const PRINCIPAL = /^arn:[a-z-]{3,20}:iam::\d{12}:saml-provider\/[\w.-]{1,128}$/;

/** In the order given, each role once; what is no such pair, or a pattern of one, is left out. */
export function offeredRoles(values: readonly string[]): OfferedRole[] {
  const roles = new Map<string, OfferedRole>();
  for (const value of values) {
    const role = readPair(value);
    if (role !== undefined && !roles.has(role.roleArn)) roles.set(role.roleArn, role);
  }
  return [...roles.values()];
}

/** In either order, with blanks around or between. A role's name may hold commas. */
function readPair(value: string): OfferedRole | undefined {
  const parts = value.split(/,(?=\s*arn:)/).map((part) => part.trim());
  const roleArn = parts.find((part) => isRoleArn(part) && !/[*?]/.test(part));
  const principalArn = parts.find((part) => PRINCIPAL.test(part));
  return parts.length !== 2 || roleArn === undefined || principalArn === undefined ? undefined : { roleArn, principalArn };
}
