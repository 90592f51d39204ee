/** SAML by a provider's forms: what ends the login, which forms are sent on, and what is kept of it. */

import { describe, expect, it } from "vitest";

import { logIn } from "../../src/login/saml/login.ts";
import { AWS_SIGN_IN, responsePage, roleArn, rolePair, samlResponse } from "../fakes/saml-response.ts";
import { html, redirect, startProvider } from "./fake-provider.ts";
import { person, samlLoginOf, toolsWith } from "./fixtures.ts";

const START = "https://idp.example.com/app/aws";
const FORM = html(
  `<h1>Sign in</h1><form method="post" action="/login"><input name="username"><input name="password" type="password"><button>Go</button></form>`,
);
const formOf = (action: string, response: string) =>
  `<form method="post" action="${action}"><input type="hidden" name="SAMLResponse" value="${response}"></form>`;
const KNOWN = { username: "jo", password: "pw-1" };

describe("a SAML login by forms", () => {
  it("ends at the form that a browser would post to AWS, which is not sent", async () => {
    const provider = await startProvider("https://idp.example.com");
    provider.pages.set("GET /app/aws", ({ cookie }) =>
      cookie.includes("sid=1") ? responsePage(samlResponse({ roles: [rolePair("dev"), rolePair("ops")] })) : FORM,
    );
    provider.pages.set("POST /login", {
      ...redirect("/app/aws"),
      headers: { location: "/app/aws", "set-cookie": "sid=1; Path=/; Secure" },
    });
    const tools = toolsWith(provider.http, { terminal: person() });
    const assertion = await logIn(samlLoginOf(START, KNOWN), tools);
    expect(assertion.user).toBe("jo@example.com");
    expect(assertion.roles.map((role) => role.roleArn)).toEqual([roleArn("dev"), roleArn("ops")]);
    expect(provider.requests).toEqual(["GET /app/aws", "POST /login", "GET /app/aws"]);
    await logIn(samlLoginOf(START, KNOWN), tools);
    expect(provider.requests).toHaveLength(4);
  });

  it("sends on the response of a provider on the way, which offers no AWS roles", async () => {
    const provider = await startProvider("https://idp.example.com");
    provider.pages.set("GET /app/aws", redirect("https://other.example.com/sso"));
    provider.pages.set("GET https://other.example.com/sso", responsePage(samlResponse({ roles: [] }), "https://idp.example.com/broker"));
    provider.pages.set("POST /broker", responsePage(samlResponse()));
    const assertion = await logIn(samlLoginOf(START, KNOWN), toolsWith(provider.http, { terminal: person() }));
    expect(assertion.roles).toHaveLength(1);
  });

  it.each(["first", "last"])("takes AWS's form where a page has another provider's as well and AWS's is %s", async (place) => {
    const provider = await startProvider("https://idp.example.com");
    const forms = [
      formOf(AWS_SIGN_IN, samlResponse({ roles: [rolePair("dev")] })),
      formOf("https://broker.example.com/acs", samlResponse({ roles: [rolePair("other")] })),
      formOf("https://broker.example.com/acs", samlResponse({ roles: [] })),
    ];
    provider.pages.set("GET /app/aws", html((place === "first" ? forms : forms.toReversed()).join("")));
    const assertion = await logIn(samlLoginOf(START, KNOWN), toolsWith(provider.http));
    expect(assertion.roles.map((role) => role.roleArn)).toEqual([roleArn("dev")]);
    expect(provider.requests).toEqual(["GET /app/aws"]);
  });

  it("that ends without a role says so", async () => {
    const provider = await startProvider("https://idp.example.com");
    provider.pages.set("GET /app/aws", responsePage(samlResponse({ roles: [] })));
    await expect(logIn(samlLoginOf(START, KNOWN), toolsWith(provider.http, { terminal: person() }))).rejects.toMatchObject({
      code: "assertion-invalid",
      message: "the SAML response of idp.example.com offers no AWS role",
    });
  });

  it("that meets a passkey says how to log in with a browser", async () => {
    const provider = await startProvider("https://idp.example.com");
    provider.pages.set("GET /app/aws", html('<form method="post" id="webauth"><input type="hidden" name="clientDataJSON"></form>'));
    await expect(logIn(samlLoginOf(START, KNOWN), toolsWith(provider.http, { terminal: person() }))).rejects.toMatchObject({
      message: "idp.example.com asks for a passkey or security key",
      hint: "set saml_provider = browser to log in with a browser",
    });
  });
});
