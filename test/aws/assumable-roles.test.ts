import { describe, expect, test } from "vitest";
import { assumableRoles } from "../../src/aws/assumable-roles.ts";

const A = "arn:aws:iam::123456789012:role/a";
const TEAM = "arn:aws:iam::123456789012:role/team/*";
const allow = (Resource: unknown, more: object = {}) => ({ Effect: "Allow", Action: "sts:AssumeRole", Resource, ...more });
const deny = (Resource: unknown, more: object = {}) => ({ ...allow(Resource), Effect: "Deny", ...more });

/** "arn", "arn limited". */
function rolesOf(...statements: unknown[]): string[] {
  return assumableRoles([{ Statement: statements }]).map(({ arn, isLimited }) => (isLimited ? `${arn} limited` : arn));
}

describe("a statement", () => {
  test.each([
    "sts:AssumeRole",
    "STS:assumerole",
    "sts:*",
    "sts:Assume*",
    "*",
    "sts:AssumeRol?",
    ["iam:GetUser", "sts:AssumeRole"],
    [7, "sts:*"],
  ])("for the action %j allows a role", (Action) => {
    expect(rolesOf(allow(A, { Action }))).toEqual([A]);
  });

  test.each(["sts:AssumeRoleWithSAML", "sts:TagSession", "s3:*", [], 7, null])("for %j does not", (Action) => {
    expect(rolesOf(allow(A, { Action }))).toEqual([]);
  });

  test("for all but some actions does, unless it is one of them", () => {
    const { Action: _, ...rest } = allow(A);
    expect(rolesOf({ ...rest, NotAction: "iam:*" })).toEqual([A]);
    expect(rolesOf({ ...rest, NotAction: ["sts:*"] })).toEqual([]);
  });

  test("may name resources of any shape: those that are no roles are passed over", () => {
    expect(rolesOf(allow([A, { Ref: "Role" }, 7, null, "arn:aws:s3:::bucket", TEAM]))).toEqual([A, TEAM]);
    expect(rolesOf(allow(7), allow(undefined), "text", null, { Effect: "Maybe", Action: "*", Resource: A })).toEqual([]);
    expect(rolesOf(allow("*"))).toEqual(["*"]);
    expect(assumableRoles([undefined, null, 7, {}, { Statement: allow("arn:aws-cn:iam::1:role/x") }])).toEqual([
      { arn: "arn:aws-cn:iam::1:role/x", isPattern: false, isLimited: false },
    ]);
  });

  test.each(["arn:aws:iam::*", "arn:aws:iam::123456789012:*", "arn:*", "arn:aws:iam::123456789012:rol?/*", "arn:aws:i*"])(
    "may mean roles by %s",
    (pattern) => expect(rolesOf(allow(pattern))).toEqual([pattern]),
  );

  test.each(["arn:aws:s3:::*", "arn:aws:s3*", "arn:aws:iam::123456789012:user/*", "arn:aws:iam::", "s3*", ""])(
    "does not by %j",
    (pattern) => expect(rolesOf(allow(pattern))).toEqual([]),
  );

  test("with a variable in a role's name is a pattern", () => {
    const [role] = assumableRoles([{ Statement: allow("arn:aws:iam::123456789012:role/${aws:username}") }]);
    expect(role).toMatchObject({ isPattern: true });
  });

  test("with a condition, or for all resources but some, limits", () => {
    expect(rolesOf(allow(A, { Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } } }))).toEqual([`${A} limited`]);
    expect(rolesOf({ Effect: "Allow", Action: "*", NotResource: A })).toEqual(["* limited"]);
    expect(rolesOf(allow(A, { Condition: { Bool: { x: "true" } } }), allow(A))).toEqual([A]);
  });
});

describe("a denial", () => {
  test("takes away what it covers, in whatever policy", () => {
    expect(assumableRoles([{ Statement: allow([A, TEAM]) }, { Statement: [deny(A)] }]).map(({ arn }) => arn)).toEqual([TEAM]);
    expect(rolesOf(allow([A, TEAM]), deny("*"))).toEqual([]);
    expect(rolesOf(allow([A, TEAM]), deny("arn:aws:iam::*:role/team/*"))).toEqual([A]);
    expect(rolesOf(allow(A), deny("*", { Action: "s3:*" }))).toEqual([A]);
  });

  test("of a part, or with a condition, limits", () => {
    expect(rolesOf(allow(TEAM), deny("arn:aws:iam::123456789012:role/team/admin"))).toEqual([`${TEAM} limited`]);
    expect(rolesOf(allow(A), deny("*", { Condition: { Bool: { x: "false" } } }))).toEqual([`${A} limited`]);
  });

  test("of everything but some leaves those", () => {
    const { Resource: _, ...rest } = deny(A);
    expect(rolesOf(allow([A, TEAM, `${A}b`]), { ...rest, NotResource: A })).toEqual([A, `${TEAM} limited`]);
  });

  test("that has a part in common with a pattern limits that, also where neither covers the other", () => {
    expect(rolesOf(allow(TEAM), deny("arn:aws:iam::*:role/team/prod-*"))).toEqual([`${TEAM} limited`]);
    expect(rolesOf(allow("arn:aws:iam::*:role/dev-*"), deny("arn:aws:iam::123456789012:role/*-admin"))).toEqual([
      "arn:aws:iam::*:role/dev-* limited",
    ]);
    expect(rolesOf(allow(TEAM), deny("arn:aws:iam::*:role/other/*"))).toEqual([TEAM]);
  });
});

test("a policy whose patterns are all stars is read in moderate time", () => {
  const stars = `arn:aws:iam::123456789012:role/${"*a".repeat(2_500)}`;
  const name = `arn:aws:iam::123456789012:role/${"a".repeat(5_000)}b`;
  const start = performance.now();
  expect(rolesOf(allow(name), deny(stars), { ...allow(A), Action: "s*".repeat(2_500) })).toEqual([name]);
  expect(performance.now() - start).toBeLessThan(2_000);
});
