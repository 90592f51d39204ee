import { describe, expect, it } from "vitest";

import { readPage } from "../../src/http/page.ts";
import { roleOf } from "../../src/login/forms/fields.ts";

const role = (input: string) => {
  const [form] = readPage(new URL("https://login.example/"), `<form><input ${input}></form>`).forms;
  return roleOf(form!.fields[0]!);
};

describe("a field", () => {
  it.each([
    'name="username"',
    'name="j_username"',
    'name="userName"',
    'name="email"',
    'name="login"',
    'name="loginfmt"',
    'name="identifier"',
    'type="email" name="x"',
    'name="x" autocomplete="username webauthn"',
    'name="pf.username"',
    'name="session[user]"',
    'name="x" id="user-id"',
  ])("with %s is a user name", (input) => {
    expect(role(input)).toBe("username");
  });

  it.each([
    'type="password" name="password"',
    'type="password" name="j_password"',
    'type="password" name="passwd" autocomplete="current-password"',
    'type="password" name="x"',
  ])("with %s is a password", (input) => {
    expect(role(input)).toBe("password");
  });

  it.each([
    'type="password" name="password-new"',
    'type="password" name="passwordConfirm"',
    'type="password" name="p" autocomplete="new-password"',
    'type="password" name="newPassword"',
  ])("with %s is a new password", (input) => {
    expect(role(input)).toBe("new-password");
  });

  it.each([
    'name="otp"',
    'name="totp"',
    'name="code"',
    'type="password" name="otp"',
    'name="x" autocomplete="one-time-code"',
    'type="tel" name="verificationCode"',
    'type="number" name="mfa_token"',
    'name="smscode"',
    'name="passcode"',
  ])("with %s is a one-time code", (input) => {
    expect(role(input)).toBe("code");
  });

  it.each([
    'name="q" type="search"',
    'name="countryCode"',
    'name="zipcode"',
    'name="tenant_code"',
    'name="firstName"',
    'name="website" type="url"',
  ])("with %s is unknown", (input) => {
    expect(role(input)).toBe("unknown");
  });

  it.each(['type="hidden" name="password"', 'name="username" readonly', 'type="password" name="password" hidden'])(
    "with %s is none to fill in",
    (input) => {
      expect(role(input)).toBe("none");
    },
  );
});
