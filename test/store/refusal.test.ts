import { expect, test } from "vitest";
import { AwsError, CancelledError, LoginError } from "../../src/errors.ts";
import { packRefusal, unpackRefusal } from "../../src/store/refusal.ts";

test.each([
  new LoginError("credentials-refused", "wrong\npassword", { provider: "keycloak", step: "login form", hint: "try again" }),
  new LoginError("provider-refused", "no", { provider: "keycloak", step: "token" }),
  new LoginError("approval-refused", "denied", { provider: "keycloak", step: "device login" }),
  new AwsError("aws-refused", "not allowed", { awsCode: "AccessDenied", requestId: "1-2", hint: "look at the trust policy" }),
  new AwsError("aws-refused", "not allowed"),
])("$name travels in one line and is the same afterwards", (error) => {
  const line = packRefusal(error) ?? "";
  expect(line).not.toContain("\n");
  const received = unpackRefusal(line);
  expect(received).toBeInstanceOf(error.constructor);
  expect({ ...received, message: received?.message }).toEqual({ ...error, message: error.message });
});

test.each([
  new LoginError("provider-unreachable", "no answer", { provider: "keycloak", step: "token" }),
  new AwsError("aws-unreachable", "no answer"),
  new CancelledError(),
  new Error("something"),
])("$name of $code is no refusal and does not travel", (error) => {
  expect(packRefusal(error)).toBeUndefined();
});

test("a cause stays behind", () => {
  const cause = new Error("with details");
  expect(packRefusal(new AwsError("aws-refused", "no", { cause }))).not.toContain("details");
});

test.each([
  "",
  "null",
  "[]",
  "{",
  '{"kind":"login","message":"no"}',
  '{"kind":"login","code":"usage","message":"no","provider":"x","step":"y"}',
  '{"kind":"aws"}',
])("%j is not taken for one", (line) => {
  expect(unpackRefusal(line)).toBeUndefined();
});
