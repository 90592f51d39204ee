import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { type FakeProvider, redirect, startProvider } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
});

const attempt = (parts = {}) => logIn(loginOf(provider.issuer, parts), toolsWith(provider.http));
const answerWith = (parameters: Record<string, string>) => provider.pages.set("GET /authorize", () => provider.finish(parameters));

describe("the redirect that ends a login", () => {
  it("is recognised by scheme, host and path and never requested", async () => {
    await attempt({ redirectUri: "https://app.example/callback", flow: "form" });
    expect(provider.requests).not.toContain("GET https://app.example/callback");
  });

  it.each(["app:/other?code=1", "other:/callback?code=1", "javascript:alert(1)"])("is not %s", async (location) => {
    provider.pages.set("GET /authorize", redirect(location));
    await expect(attempt()).rejects.toMatchObject({
      code: "untrusted-destination",
      message: expect.stringContaining(location.split(":")[0]!),
    });
  });

  it.each([
    ["another state", { state: "x" }],
    ["no state", { state: "" }],
    ["another issuer", { iss: "https://evil.example" }],
    ["no issuer, which this provider promises", { iss: "" }],
    ["no code", { code: "" }],
  ])("is refused with %s", async (_what, parameters) => {
    answerWith(parameters);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer" });
    expect(provider.requests).not.toContain("POST /token");
  });

  it("tells the provider's error in its own words, fit for a terminal", async () => {
    answerWith({ code: "", error: "access_denied", error_description: "not \u001b[1m you" });
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("access_denied: not \\u{1b}[1m you"),
    });
  });

  it("that never comes is given up after twenty hops", async () => {
    provider.pages.set("GET /authorize", redirect("/authorize"));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: expect.stringContaining("more than 20 redirects") });
  });
});

describe("the redirect URI", () => {
  it.each(["http://127.0.0.1:8400/cb", "http://localhost/cb", "http://[::1]:1/cb"])(
    "%s is for a browser, which a form can stand in for when told",
    async (redirectUri) => {
      await expect(attempt({ redirectUri })).rejects.toMatchObject({ code: "person-needed" });
      expect(provider.requests).not.toContain("GET /authorize");
      await attempt({ redirectUri, flow: "form" });
    },
  );

  it.each(["app:/callback", "https://127.0.0.1/cb", "https://app.example/cb"])("%s is for the forms", async (redirectUri) => {
    await attempt({ redirectUri });
    expect(provider.requests).toContain("GET /authorize");
  });
});
