import { describe, expect, test } from "vitest";
import { isAssertionUsable, KEPT_ASSERTION } from "../../src/credentials/kept-assertion.ts";
import type { Assertion } from "../../src/login/saml/assertion.ts";
import { Secret } from "../../src/secret.ts";
import { setting } from "../aws/fixtures.ts";
import { START } from "./fixtures.ts";

const assertion: Assertion = {
  raw: new Secret("PHNhbWw+"),
  issuer: "https://id.example.com/saml",
  user: "alice",
  roles: [{ roleArn: "arn:aws:iam::123456789012:role/dev", principalArn: "arn:aws:iam::123456789012:saml-provider/idp" }],
  sessionSeconds: 3600,
  expiresAt: new Date(START + 300_000),
};
const holder = { login: { kind: "saml", authUrl: setting("https://id.example.com") } } as const;
const stored = JSON.parse(JSON.stringify(KEPT_ASSERTION.pack(assertion, holder))) as Record<string, unknown>;

test("an assertion comes back as it was, secret and all", () => {
  const back = KEPT_ASSERTION.unpack(stored);
  expect(back).toEqual(assertion);
  expect(back?.raw.reveal()).toBe("PHNhbWw+");
  expect(KEPT_ASSERTION.unpack({ ...stored, sessionSeconds: undefined })?.sessionSeconds).toBeUndefined();
});

describe("one that does not fit is a miss:", () => {
  test.each(Object.keys(stored))("%s of another type", (key) => {
    expect(KEPT_ASSERTION.unpack({ ...stored, [key]: key === "sessionSeconds" ? "3600" : 1 })).toBeUndefined();
  });

  test.each(Object.keys(stored).filter((key) => key !== "sessionSeconds"))("%s missing", (key) => {
    expect(KEPT_ASSERTION.unpack({ ...stored, [key]: undefined })).toBeUndefined();
  });

  test.each([undefined, null, "text", 1, [], { ...stored, roles: [{ roleArn: "arn" }] }])("%o", (value) => {
    expect(KEPT_ASSERTION.unpack(value)).toBeUndefined();
  });
});

test("one is used until half a minute before it expires, as STS has to get it before that", () => {
  expect(isAssertionUsable(assertion, START + 269_000)).toBe(true);
  expect(isAssertionUsable(assertion, START + 271_000)).toBe(false);
});
