import { describe, expect, it } from "vitest";
import { manyProfiles } from "./programs/page-api.ts";

interface Row {
  readonly name: string;
  readonly source: string | null;
  readonly account?: string | null;
  readonly role?: string | null;
  readonly kind?: string | null;
}

/** The browser's own module. */
interface Search {
  prepared(rows: readonly Row[]): readonly Row[];
  searched(rows: readonly Row[], query: string): readonly { readonly name: string; readonly profiles: readonly Row[] }[];
}
const { prepared, searched } = (await import(new URL("../../src/metadata/serve/page/site/search.js", import.meta.url).href)) as Search;

const rows: readonly Row[] = [
  { name: "zeta", source: "okta", account: "111122223333", role: "arn:aws:iam::111122223333:role/Admin" },
  { name: "alpha-prod", source: "okta" },
  { name: "okta", source: null },
  { name: "prod", source: "keycloak" },
  { name: "production", source: "keycloak" },
  { name: "lonely", source: null },
];

function find(query: string): Record<string, string[]> {
  return Object.fromEntries(searched(prepared(rows), query).map(({ name, profiles }) => [name, profiles.map((each) => each.name)]));
}

describe("the page's search", () => {
  it("groups all by their source, which comes first in its group, and leaves those without for the end", () => {
    expect(Object.entries(find(""))).toEqual([
      ["keycloak", ["prod", "production"]],
      ["okta", ["okta", "alpha-prod", "zeta"]],
      ["On their own", ["lonely"]],
    ]);
  });

  it("puts the exact name first, then names that begin so, then those that hold it", () => {
    expect(Object.entries(find("PROD"))).toEqual([
      ["keycloak", ["prod", "production"]],
      ["okta", ["alpha-prod"]],
    ]);
  });

  it("finds by account, role and source as well, and wants every word", () => {
    expect(find("2222 admin okta")).toEqual({ okta: ["zeta"] });
    expect(find("2222 nothing")).toEqual({});
    expect(find("keycloak")).toEqual({ keycloak: ["prod", "production"] });
  });

  it("takes characters of patterns as they are", () => {
    expect(find(".*")).toEqual({});
    expect(find("(")).toEqual({});
  });

  it("offers a role by its ARN, and nothing that only looks like one", () => {
    const arn = "arn:aws-us-gov:iam::123456789012:role/team/admin";
    expect(find(` ${arn} `)).toEqual({ "Role by its ARN": [arn] });
    expect(find("arn:aws:iam::123:role/x")).toEqual({});
    expect(find("arn:aws:iam::123456789012:user/x")).toEqual({});
  });

  it("answers in a few milliseconds among ten thousand", () => {
    const many = prepared(manyProfiles(10_000));
    searched(many, "prod");
    const begin = performance.now();
    for (const query of ["", "p", "pr", "prod", "prod admin", "prod admin 42"]) searched(many, query);
    expect((performance.now() - begin) / 6).toBeLessThan(100);
  });
});
