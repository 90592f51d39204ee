/**
 * A user's policies → the roles that they let the user assume, as far as policies alone can tell.
 *
 * Wildcards stay as they are written: IAM has no call that says which roles they mean. A denial takes away what it covers; one with conditions,
 * or one that covers a part of a wildcard, limits. Boundaries, organisations' policies and the roles' own trust are not looked at.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */

import { covers, overlaps } from "./wildcards.ts";

export interface AssumableRole {
  /** As in the policy: a role's ARN, or with wildcards or variables. */
  readonly arn: string;
  readonly isPattern: boolean;
  /** A condition or a denial of a part applies. */
  readonly isLimited: boolean;
}

interface Statement {
  readonly isAllowed: boolean;
  readonly resources: readonly string[];
  /** Everything but `resources`. */
  readonly isInverted: boolean;
  readonly isConditional: boolean;
}

const ACTION = "sts:AssumeRole";
const ROLES = "arn:*:iam::*:role/*";

/** Sorted by ARN, each once. @param documents policies as parsed JSON, of any shape */
export function assumableRoles(documents: readonly unknown[]): AssumableRole[] {
  const statements = documents.flatMap(statementsOf);
  const denials = statements.filter(({ isAllowed }) => !isAllowed);
  const found = new Map<string, AssumableRole>();
  for (const role of statements.filter(({ isAllowed }) => isAllowed).flatMap(rolesOf)) {
    const left = denials.reduce<AssumableRole | undefined>(afterDenial, role);
    const known = found.get(role.arn);
    if (left !== undefined && (known === undefined || known.isLimited)) found.set(role.arn, left);
  }
  return [...found.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

/** Those that are about assuming roles. */
function statementsOf(document: unknown): Statement[] {
  const statements = isRecord(document) ? listOf(document["Statement"]) : [];
  return statements.filter(isRecord).filter(isAboutRoles).flatMap(readStatement);
}

function isAboutRoles(statement: Record<string, unknown>): boolean {
  const isMeant = (actions: unknown) => textsOf(actions).some((action) => covers(action.toLowerCase(), ACTION.toLowerCase()));
  return statement["NotAction"] === undefined ? isMeant(statement["Action"]) : !isMeant(statement["NotAction"]);
}

function readStatement(statement: Record<string, unknown>): Statement[] {
  const { Effect, Resource, NotResource, Condition } = statement;
  if (Effect !== "Allow" && Effect !== "Deny") return [];
  return [
    {
      isAllowed: Effect === "Allow",
      resources: textsOf(NotResource ?? Resource),
      isInverted: NotResource !== undefined,
      isConditional: isRecord(Condition) && Object.keys(Condition).length > 0,
    },
  ];
}

function rolesOf({ resources, isInverted, isConditional }: Statement): AssumableRole[] {
  if (isInverted) return [{ arn: "*", isPattern: true, isLimited: true }];
  return resources
    .filter((resource) => haveCommonArns(resource, ROLES))
    .map((arn) => ({ arn, isPattern: /[*?]|\$\{/.test(arn), isLimited: isConditional }));
}

/** Part by part, as no role's name has a colon. */
function haveCommonArns(one: string, other: string): boolean {
  const others = partsOf(other);
  return partsOf(one).every((part, index) => overlaps(part, others[index] ?? ""));
}

/** The six of an ARN; a star at a pattern's end stands for those that are not written too. */
function partsOf(arn: string): string[] {
  const all = arn.split(":");
  const written = all.length > 5 ? [...all.slice(0, 5), all.slice(5).join(":")] : all;
  return Array.from({ length: 6 }, (_, index) => written[index] ?? (arn.endsWith("*") ? "*" : ""));
}

/** What is left of it. */
function afterDenial(role: AssumableRole | undefined, { resources, isInverted, isConditional }: Statement): AssumableRole | undefined {
  if (role === undefined) return undefined;
  const isCovered = resources.some((pattern) => covers(pattern, role.arn));
  const isTouched = role.isPattern && (isInverted || resources.some((pattern) => haveCommonArns(role.arn, pattern)));
  const isDenied = isInverted ? !isCovered && !role.isPattern : isCovered;
  if (isDenied && !isConditional) return undefined;
  return isDenied || (isTouched && !(isInverted && isCovered)) ? { ...role, isLimited: true } : role;
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((each) => typeof each === "string");
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
