import { expect, test } from "vitest";
import { sessionName, sessionOf } from "../../src/credentials/session-name.ts";
import { setting, testProfile } from "../aws/fixtures.ts";

test.each([
  ["alice@example.com", "alice@example.com"],
  ["EXAMPLE\\alice", "EXAMPLE-alice"],
  ["Jürgen Groß", "Jurgen-Gro-"],
  ["a", "user-a"],
  ["漢字", "user--"],
  ["x".repeat(80), "x".repeat(64)],
])("the user %s makes the session %s", (user, name) => {
  expect(sessionName(testProfile(), user)).toBe(name);
  expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
});

test("role_session_name is taken as it is", () => {
  expect(sessionName(testProfile({ roleSessionName: setting("deploy=1") }), "alice")).toBe("deploy=1");
});

test("a session's name is read from the assumed role's ARN", () => {
  expect(sessionOf("arn:aws:sts::123456789012:assumed-role/Jump/alice@example.com")).toBe("alice@example.com");
});
