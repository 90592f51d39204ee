/** How a client with a secret shows it, and to whom. */

import { beforeEach, describe, expect, it } from "vitest";

import { Secret } from "../../src/secret.ts";
import { type DeviceStage, setDeviceStage } from "./device-stage.ts";
import { announce } from "./fake-provider.ts";
import { loginOf } from "./fixtures.ts";
import { idTokenOf, refusal, tokensOf } from "./tokens.ts";

let stage: DeviceStage;

beforeEach(async () => {
  stage = await setDeviceStage("https://id.acme.example");
});

describe("a client with a secret", () => {
  const login = () => ({ ...stage.login(), clientSecret: { value: new Secret("s3cret/&"), origin: { layer: "built-in" as const } } });

  it("shows it in the header unless the provider says otherwise", async () => {
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt({}, login());
    const expected = `Basic ${Buffer.from("client%2D1:s3cret%2F%26").toString("base64")}`;
    const shown = stage.provider.seen
      .filter(({ method }) => method === "POST")
      .map(({ headers, form }) => [headers.authorization, form.get("client_secret")]);
    expect(shown).toEqual([
      [expected, null],
      [expected, null],
    ]);
  });

  it("shows it with a code as well", async () => {
    stage.provider.pages.set("POST /token", async ({ headers }) => {
      expect(headers.authorization).toMatch(/^Basic /);
      const nonce = stage.provider.seen.find(({ url }) => url.pathname === "/authorize")?.url.searchParams.get("nonce");
      return tokensOf(stage.provider, { id_token: await idTokenOf(stage.provider, { nonce }) });
    });
    await stage.attempt({}, { ...login(), redirectUri: loginOf(stage.provider.issuer).redirectUri });
    const authorize = stage.provider.seen.find(({ url }) => url.pathname === "/authorize");
    expect(authorize?.url.href).not.toContain("s3cret");
  });

  it("shows it in the form where the provider takes that alone", async () => {
    announce(stage.provider, {
      device_authorization_endpoint: "https://id.acme.example/device_authorization",
      token_endpoint_auth_methods_supported: ["private_key_jwt", "client_secret_post"],
    });
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt({}, login());
    const shown = stage.provider.seen
      .filter(({ method }) => method === "POST")
      .map(({ headers, form }) => [headers.authorization, form.get("client_secret")]);
    expect(shown).toEqual([
      [undefined, "s3cret/&"],
      [undefined, "s3cret/&"],
    ]);
  });

  it("is told where the provider takes none", async () => {
    announce(stage.provider, {
      device_authorization_endpoint: "https://id.acme.example/device_authorization",
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
    });
    await expect(stage.attempt({}, login())).rejects.toMatchObject({
      code: "provider-refused",
      message: "id.acme.example takes no client secret, only private_key_jwt",
    });
  });

  it("does not read it in a refusal", async () => {
    stage.answers(refusal("invalid_client", "s3cret/& is wrong"));
    await expect(stage.attempt({}, login())).rejects.toMatchObject({
      message: "id.acme.example refuses the login: invalid_client: [secret] is wrong",
    });
  });
});
