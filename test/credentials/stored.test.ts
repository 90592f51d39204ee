import { describe, expect, test } from "vitest";
import { packCredentials, packToken, unpackCredentials, unpackToken } from "../../src/credentials/stored.ts";
import { credentials, idToken } from "./fixtures.ts";

const chosen = { ...credentials("a"), chosenRoleArn: "arn:aws:iam::123456789012:role/teams/a" };
const kinds = [
  { what: "credentials", stored: viaJson(packCredentials(chosen, "key-of-the-login")), unpack: unpackCredentials },
  { what: "a token", stored: viaJson(packToken(idToken("raw"))), unpack: unpackToken },
];

test("credentials come back as they were, secrets and all", () => {
  const back = unpackCredentials(viaJson(packCredentials(credentials("a"), "key-of-the-login")));
  expect(back).toEqual(credentials("a"));
  expect(back?.secretAccessKey.reveal()).toBe("secret-a");
  expect(back?.sessionToken.reveal()).toBe("session-a");
  expect(unpackCredentials(viaJson(packCredentials(chosen, "key-of-the-login")))).toEqual(chosen);
});

test("credentials of a session come back without a role's ARN", () => {
  const { assumedRoleArn, ...session } = credentials("a");
  expect(assumedRoleArn).toBeDefined();
  expect(unpackCredentials(viaJson(packCredentials(session, "key-of-the-login")))).toEqual(session);
});

test("a token comes back as it was", () => {
  const back = unpackToken(viaJson(packToken(idToken("raw"))));
  expect(back).toEqual(idToken("raw"));
  expect(back?.raw.reveal()).toBe("raw");
});

describe.each(kinds)("of $what that does not fit", ({ stored, unpack }) => {
  test.each(Object.keys(stored))("%s of another type makes a miss", (key) => {
    expect(unpack({ ...stored, [key]: 1 })).toBeUndefined();
  });

  test.each(Object.keys(stored).filter((key) => !["assumedRoleArn", "chosenRoleArn"].includes(key)))("%s missing makes a miss", (key) => {
    expect(unpack({ ...stored, [key]: undefined })).toBeUndefined();
  });

  test.each([undefined, null, "text", 1, []])("%o makes a miss", (value) => {
    expect(unpack(value)).toBeUndefined();
  });
});

function viaJson(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
