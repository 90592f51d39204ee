/** The device flow against a provider that answers as RFC 8628 has it. */

import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";

import { HttpError } from "../../src/http/http-error.ts";
import type { LoginTools } from "../../src/login/login-tools.ts";
import { type DeviceStage, grant, setDeviceStage } from "./device-stage.ts";
import { announce, json } from "./fake-provider.ts";
import { loginOf, person } from "./fixtures.ts";
import { idTokenOf, refusal, tokensOf } from "./tokens.ts";

const pending = refusal("authorization_pending");
let stage: DeviceStage;

beforeEach(async () => {
  stage = await setDeviceStage("https://id.acme.example");
});

describe("the device flow", () => {
  it("shows page, code and QR code, and asks for the tokens until they are there", async () => {
    stage.answers(pending, pending, await tokensOf(stage.provider));
    expect(await stage.attempt()).toMatchObject({ user: "alice", issuer: stage.provider.issuer });
    const [said, qr, waiting] = stage.user.heard;
    expect(said).toMatch(/id\.acme\.example[^]*\n {2}https:\/\/id\.acme\.example\/device\n {2}WDJB-MJHT\n/);
    expect(qr).toBe("QR https://id.acme.example/device?user_code=WDJB-MJHT");
    expect(waiting).toContain("waiting");
    expect(stage.clock.waits).toEqual([5, 5, 5]);
  });

  it("sends client, scope and PKCE, as the grant and Keycloak ask", async () => {
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt();
    const asked = stage.provider.seen.find(({ url }) => url.pathname === "/device_authorization");
    const [poll] = stage.polls();
    const challenge = createHash("sha256").update(poll?.form.get("code_verifier") ?? "");
    expect(Object.fromEntries(asked!.form)).toEqual({
      client_id: "client-1",
      scope: "openid",
      code_challenge: challenge.digest("base64url"),
      code_challenge_method: "S256",
    });
    expect(Object.fromEntries(poll!.form)).toMatchObject({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: "the-device-code",
      client_id: "client-1",
    });
  });

  it("is taken when the profile says so, though there is a redirect URI", async () => {
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt({}, loginOf(stage.provider.issuer, { flow: "device" }));
    expect(stage.provider.requests).not.toContain("GET /authorize");
  });

  it("opens the page with the code in it where there is a browser", async () => {
    stage.answers(await tokensOf(stage.provider));
    const opened: string[] = [];
    const browser = { isAvailable: true, open: async (url: URL) => opened.push(url.href) > 0 };
    await stage.attempt({ browser });
    expect(opened).toEqual(["https://id.acme.example/device?user_code=WDJB-MJHT"]);
  });

  it("works with what Google and Entra v1 call these things", async () => {
    const words = { verification_uri: undefined, verification_uri_complete: undefined, expires_in: "900", interval: "7" };
    stage.provider.pages.set("POST /device_authorization", grant({ ...words, verification_url: "https://id.acme.example/device" }));
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt();
    expect(stage.user.heard[1]).toBe("QR https://id.acme.example/device");
    expect(stage.clock.waits).toEqual([7]);
  });

  it("that the provider does not offer is named, with what to set", async () => {
    announce(stage.provider, {});
    await expect(stage.attempt()).rejects.toMatchObject({
      code: "config-missing",
      message: "web_identity_redirect_uri is not set, and id.acme.example does not offer the device flow",
      hint: expect.stringContaining("web_identity_redirect_uri"),
    });
  });

  it("needs a person at once where there is no terminal, and asks for no code", async () => {
    await expect(stage.attempt({ terminal: person() })).rejects.toMatchObject({ code: "person-needed", exitStatus: 7 });
    expect(stage.provider.requests).not.toContain("POST /device_authorization");
  });

  it("that is refused from the start says what the provider says", async () => {
    stage.provider.pages.set("POST /device_authorization", refusal("unauthorized_client", "not for this client"));
    await expect(stage.attempt()).rejects.toMatchObject({
      code: "provider-refused",
      step: "device login",
      message: "id.acme.example refuses the login: unauthorized_client: not for this client",
    });
  });

  it.each([
    ["no code", { user_code: undefined }],
    ["no life", { expires_in: undefined }],
    ["an interval that is no number", { interval: "often" }],
    ["a page that is no URL", { verification_uri: "type it at the desk" }],
  ])("with %s in the answer is an answer that makes no sense", async (_what, members) => {
    stage.provider.pages.set("POST /device_authorization", grant(members));
    await expect(stage.attempt()).rejects.toMatchObject({ code: "provider-answer", step: "device login" });
  });

  it("shows what a provider calls a code on one line, with nothing a terminal would obey", async () => {
    stage.provider.pages.set("POST /device_authorization", grant({ user_code: "AB\u001b[2J\nCD" }));
    stage.answers(await tokensOf(stage.provider));
    await stage.attempt();
    expect(stage.user.heard[0]).toContain("\n  AB\\u{1b}[2J CD\n");
  });
});

describe("while a person enters the code", () => {
  it("an interval that nobody names is five seconds", async () => {
    stage.provider.pages.set("POST /device_authorization", grant({ interval: undefined }));
    stage.answers(pending, await tokensOf(stage.provider));
    await stage.attempt();
    expect(stage.clock.waits).toEqual([5, 5]);
  });

  it("slow_down means five seconds more, for good", async () => {
    stage.answers(pending, refusal("slow_down"), pending, refusal("slow_down"), pending, await tokensOf(stage.provider));
    await stage.attempt();
    expect(stage.clock.waits).toEqual([5, 5, 10, 10, 15, 15]);
  });

  it.each([429, 428, 403])("slow_down and the like count with status %i too", async (status) => {
    // https://developers.google.com/identity/protocols/oauth2/limited-input-device
    stage.answers(
      refusal("slow_down", undefined, status),
      refusal("authorization_pending", undefined, status),
      await tokensOf(stage.provider),
    );
    await stage.attempt();
    expect(stage.clock.waits).toEqual([5, 10, 10]);
  });

  it("a server that is too busy is asked half as often each time, until it answers", async () => {
    stage.answers(
      json({}, 503),
      json({}, 502),
      { status: 429, body: "slower!" },
      { status: 500 },
      json({}, 503),
      pending,
      await tokensOf(stage.provider),
    );
    await stage.attempt();
    expect(stage.clock.waits).toEqual([5, 10, 20, 40, 60, 60, 5]);
  });

  it("a server that says when to come back is not asked before", async () => {
    stage.answers(
      { status: 429, headers: { "retry-after": "90" } },
      { status: 503, headers: { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT" } },
      await tokensOf(stage.provider),
    );
    await stage.attempt();
    expect(stage.clock.waits).toEqual([5, 90, 60]);
  });

  it("a network that fails for a while is waited for", async () => {
    stage.answers(pending, await tokensOf(stage.provider));
    let failures = 3;
    const http: LoginTools["http"] = async (request) => {
      if (request.url.pathname === "/token" && failures-- > 0) throw new HttpError("timeout", request.url.host, "too slow");
      return stage.provider.http(request);
    };
    await stage.attempt({ http });
    expect(stage.clock.waits).toEqual([5, 10, 20, 40, 5]);
  });

  it("one that never comes back is named in the end", async () => {
    const http: LoginTools["http"] = async (request) => {
      if (request.url.pathname === "/token") throw new HttpError("unreachable", request.url.host, "no route to host");
      return stage.provider.http(request);
    };
    await expect(stage.attempt({ http })).rejects.toMatchObject({ code: "provider-unreachable", message: "no route to host" });
  });

  it("two minutes of slow answers are not the end of it", async () => {
    stage.provider.pages.set("POST /token", async () => {
      stage.clock.advance(20_000);
      return stage.polls().length < 15 ? pending : tokensOf(stage.provider);
    });
    await expect(stage.attempt()).resolves.toMatchObject({ user: "alice" });
  });

  // https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code
  it.each(["access_denied", "authorization_declined"])("a person who says no (%s) ends it, and is not asked again", async (error) => {
    stage.answers(pending, refusal(error, "the user said no"));
    await expect(stage.attempt()).rejects.toMatchObject({ code: "approval-refused", message: "the login at id.acme.example was denied" });
    expect(stage.polls()).toHaveLength(2);
  });

  it("a code that the provider lets expire ends it", async () => {
    stage.answers(pending, refusal("expired_token"));
    await expect(stage.attempt()).rejects.toMatchObject({
      code: "approval-refused",
      message: "nobody entered the code at id.acme.example in time",
      hint: "start again for a new code",
    });
  });

  it.each([
    ["what the provider says", { expires_in: 61, interval: 20 }, 61],
    ["15 minutes, whatever the provider says", { expires_in: 1e12, interval: 100 }, 900],
    ["the code's life, however rarely it is to be asked", { expires_in: 30, interval: 1e9 }, 30],
  ])("the wait is no longer than %s", async (_what, members, seconds) => {
    stage.provider.pages.set("POST /device_authorization", grant(members));
    stage.answers(pending);
    await expect(stage.attempt()).rejects.toMatchObject({ code: "approval-refused" });
    expect(stage.clock.waits.reduce((sum, wait) => sum + wait)).toBeGreaterThanOrEqual(seconds - 1);
    expect(stage.clock.waits.reduce((sum, wait) => sum + wait)).toBeLessThanOrEqual(seconds);
  });

  it("any other refusal ends it with the provider's words, without the device code", async () => {
    stage.answers(pending, refusal("invalid_grant", "no such code: the-device-code"));
    await expect(stage.attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: "id.acme.example refuses the login: invalid_grant: no such code: [secret]",
    });
  });

  it("an answer that is none ends it", async () => {
    stage.answers({ status: 403, body: "<html>" });
    await expect(stage.attempt()).rejects.toMatchObject({ code: "provider-answer", message: "id.acme.example answers 403" });
  });
});

describe("the id token of a device login", () => {
  it.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["another audience", { aud: "client-2" }],
    ["the nonce of another login", { nonce: "another" }],
    ["a past expiry", { exp: 1_700_000_000 }],
    ["no subject", { sub: undefined }],
  ])("with %s is refused", async (_what, claims) => {
    stage.answers(await tokensOf(stage.provider, { id_token: await idTokenOf(stage.provider, claims) }));
    await expect(stage.attempt()).rejects.toMatchObject({ code: "token-invalid", step: "id token" });
  });

  it("that is not there is refused", async () => {
    stage.answers(await tokensOf(stage.provider, { id_token: undefined }));
    await expect(stage.attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("signed by nobody the provider knows is refused", async () => {
    const stolen = await idTokenOf(stage.provider);
    await stage.provider.rotateKey("key-1");
    stage.answers(await tokensOf(stage.provider, { id_token: stolen }));
    await expect(stage.attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });
});
