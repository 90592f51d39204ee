/**
 * A user's policies → the roles that they let the user assume, as far as policies alone can tell.
 *
 * Wildcards stay as they are written: IAM has no call that says which roles they mean. A denial takes away what it covers; one with conditions,
 * or one that covers a part of a wildcard, limits. Boundaries, organisations' policies and the roles' own trust are not looked at.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */

export interface AssumableRole {
  /** As in the policy: a role's ARN, or with wildcards. */
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
const ROLE = /^arn:[^:]*:(?:iam|[^:]*\*):[^:]*:[^:]*:(?:role\/|[^/]*\*)/;

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
  const covers = (actions: unknown) => textsOf(actions).some((action) => isLike(action.toLowerCase(), ACTION.toLowerCase()));
  return statement["NotAction"] === undefined ? covers(statement["Action"]) : !covers(statement["NotAction"]);
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
  const roles = resources.filter((resource) => /^\*+$/.test(resource) || ROLE.test(resource));
  return roles.map((arn) => ({ arn, isPattern: /[*?]/.test(arn), isLimited: isConditional }));
}

/** What is left of it. */
function afterDenial(role: AssumableRole | undefined, { resources, isInverted, isConditional }: Statement): AssumableRole | undefined {
  if (role === undefined) return undefined;
  const isCovered = resources.some((pattern) => isLike(pattern, role.arn));
  const isTouched = role.isPattern && (isInverted || resources.some((pattern) => isLike(role.arn, pattern)));
  const isDenied = isInverted ? !isCovered && !role.isPattern : isCovered;
  if (isDenied && !isConditional) return undefined;
  return isDenied || (isTouched && !(isInverted && isCovered)) ? { ...role, isLimited: true } : role;
}

/** `*` is any text, `?` any character but a wildcard that stands for more. */
function isLike(pattern: string, text: string): boolean {
  const source = pattern.replaceAll(/[^*?]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return new RegExp(`^${source.replaceAll(/\*+/g, ".*").replaceAll("?", "[^*]")}$`, "su").test(text);
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
