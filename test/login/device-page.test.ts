/** Where a person may be sent to enter the code of a device login. */

import { beforeEach, describe, expect, it } from "vitest";

import { type DeviceStage, grant, setDeviceStage } from "./device-stage.ts";
import { announce } from "./fake-provider.ts";
import { tokensOf } from "./tokens.ts";

let stage: DeviceStage;

beforeEach(async () => {
  stage = await setDeviceStage("https://id.acme.example");
});

describe("the page to enter the code on", () => {
  const page = (verification_uri: string, complete?: string) =>
    stage.provider.pages.set("POST /device_authorization", grant({ verification_uri, verification_uri_complete: complete }));

  it.each([
    ["the provider's own host", "https://id.acme.example/activate"],
    ["another port of it", "https://id.acme.example:8443/activate"],
    ["another host of its domain", "https://devices.acme.example/activate"],
  ])("may be on %s", async (_what, url) => {
    page(url);
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt();
    expect(stage.user.heard[0]).toContain(url);
  });

  it.each([
    ["another domain", "https://evil.example/device"],
    ["a public suffix, as if all under it were one", "https://example/device"],
    ["a domain that begins like it", "https://id.acme.example.evil.example/device"],
    ["a name that only seems to be it", "https://id.acme.example@evil.example/device"],
    ["plain http", "http://id.acme.example/device"],
    ["this machine, which the provider is not on", "http://127.0.0.1:8080/device"],
    ["no web page", "javascript:alert(1)"],
    ["its own host, with a user in the URL", "https://me@id.acme.example/device"],
  ])("may not be on %s", async (_what, url) => {
    page(url);
    await expect(stage.attempt()).rejects.toMatchObject({ code: "untrusted-destination", step: "device login" });
    expect(stage.user.heard).toEqual([]);
  });

  it("has to be the provider's with the code in it as well", async () => {
    page("https://id.acme.example/device", "https://evil.example/device?user_code=WDJB-MJHT");
    await expect(stage.attempt()).rejects.toMatchObject({ code: "untrusted-destination" });
    expect(stage.user.heard).toEqual([]);
  });

  it("may be elsewhere where the profile trusts that place", async () => {
    page("https://go.example/acme");
    stage.answers(await tokensOf(stage.provider));
    await expect(stage.attempt()).rejects.toMatchObject({
      hint: "if it is, add web_identity_trusted_origins = https://go.example to the profile",
    });
    await stage.attempt({}, { ...stage.login(), trustedOrigins: ["https://go.example"] });
  });

  it("of Entra is at microsoft.com, and at no other page there", async () => {
    const entra = "https://login.microsoftonline.com/tenant/v2.0";
    stage = await setDeviceStage(entra);
    announce(stage.provider, {
      authorization_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize",
      device_authorization_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/devicecode",
    });
    stage.provider.pages.set(
      "GET /tenant/v2.0/.well-known/openid-configuration",
      stage.provider.pages.get("GET /.well-known/openid-configuration")!,
    );
    stage.provider.pages.set("GET /tenant/v2.0/keys", stage.provider.pages.get("GET /keys")!);
    stage.provider.pages.set("POST /tenant/v2.0/token", () => tokensOf(stage.provider));
    const asked = "POST /tenant/oauth2/v2.0/devicecode";
    // https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code
    stage.provider.pages.set(asked, grant({ verification_uri: "https://microsoft.com/devicelogin", verification_uri_complete: undefined }));
    await stage.attempt();
    stage.provider.pages.set(asked, grant({ verification_uri: "https://microsoft.com/en-us", verification_uri_complete: undefined }));
    await expect(stage.attempt()).rejects.toMatchObject({ code: "untrusted-destination" });
  });

  it("is on this machine where the provider is", async () => {
    stage = await setDeviceStage();
    announce(stage.provider, { device_authorization_endpoint: `${stage.provider.issuer}/device_authorization` });
    stage.provider.pages.set(
      "POST /device_authorization",
      grant({ verification_uri: "http://localhost:1/device", verification_uri_complete: undefined }),
    );
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt();
    expect(stage.user.heard[0]).toContain("http://localhost:1/device");
  });
});
