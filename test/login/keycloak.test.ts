import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { detectProvider } from "../../src/login/providers/detect.ts";
import { type FakeProvider, html, json, redirect, startProvider } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

const given = { username: "alice", password: "correct horse" };

let provider: FakeProvider;
let realm: string;

beforeEach(async () => {
  provider = await startProvider();
  realm = `${provider.issuer}/realms/r`;
  const endpoint = (name: string) => `${realm}/protocol/openid-connect/${name}`;
  const metadata = {
    issuer: realm,
    authorization_endpoint: endpoint("auth"),
    token_endpoint: endpoint("token"),
    jwks_uri: endpoint("certs"),
  };
  provider.pages.set("GET /realms/r/.well-known/openid-configuration", json(metadata));
  provider.pages.set(
    "GET /realms/r/protocol/openid-connect/auth",
    html('<form method="post" action="/post"><input name="username"><input type="password" name="password"></form>'),
  );
});

describe("Keycloak", () => {
  it("is told by its endpoints, wherever it is hosted", () => {
    const metadata = (path: string) => ({
      issuer: "https://sso.example/auth/realms/r",
      authorization_endpoint: `https://sso.example/auth/realms/r/protocol/openid-connect/${path}`,
      token_endpoint: "https://sso.example/t",
      jwks_uri: "https://sso.example/k",
      authorization_response_iss_parameter_supported: true,
    });
    expect(detectProvider(metadata("auth")).name).toBe("keycloak");
    expect(detectProvider(metadata("other")).name).toBe("oidc");
  });

  it.each([
    ["UPDATE_PASSWORD", "a new password (UPDATE_PASSWORD)"],
    ["CONFIGURE_TOTP", "an authenticator app to be set up (CONFIGURE_TOTP)"],
    ["constructor", "a required action (constructor)"],
    ["SOMETHING_NEW", "a required action (SOMETHING_NEW)"],
  ])("has its required action %s named, with the account page to settle it at", async (action, words) => {
    provider.pages.set("POST /post", redirect(`${realm}/login-actions/required-action?execution=${action}&tab_id=secret`));
    const page = '<h1>To do</h1><form method="post"><input name="totp"><input type="hidden" name="totpSecret" value="x"></form>';
    provider.pages.set("GET /realms/r/login-actions/required-action", html(page));
    await expect(logIn(loginOf(realm, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "page-not-answerable",
      message: `${new URL(realm).host} asks for ${words}, on the page "To do"`,
      hint: `open ${realm}/account in a browser, do what it asks, then try again`,
    });
  });

  it("has its consent page, whose address looks like a required action's, agreed to", async () => {
    provider.pages.set("POST /post", redirect(`${realm}/login-actions/required-action?execution=OAUTH_GRANT`));
    const page =
      '<form method="post" action="/consent"><input type="hidden" name="code" value="x"><button name="accept">Yes</button><button name="cancel">No</button></form>';
    provider.pages.set("GET /realms/r/login-actions/required-action", html(page));
    provider.pages.set("POST /consent", redirect("app:/callback?error=seen"));
    await expect(logIn(loginOf(realm, given), toolsWith(provider.http))).rejects.toMatchObject({ step: "authorize" });
    expect(Object.fromEntries(provider.seen.at(-1)!.form)).toEqual({ code: "x", accept: "" });
  });
});
