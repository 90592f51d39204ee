/** The device flow against a provider that answers as RFC 8628 has it; the clock moves with every wait. */

import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";

import { HttpError } from "../../src/http/http-error.ts";
import type { LoginTools } from "../../src/login/oidc/context.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { Secret } from "../../src/secret.ts";
import { type Answer, type FakeProvider, json, type Seen, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { type MovedClock, movedClock } from "./moved-clock.ts";
import { announce, idTokenOf, refusal, tokensOf } from "./tokens.ts";

let provider: FakeProvider;
let clock: MovedClock;
let user: ReturnType<typeof person>;

/** @see https://www.rfc-editor.org/rfc/rfc8628#section-3.2 */
const grant = (members: Record<string, unknown> = {}): Answer =>
  json({
    device_code: "the-device-code",
    user_code: "WDJB-MJHT",
    verification_uri: "https://id.acme.example/device",
    verification_uri_complete: "https://id.acme.example/device?user_code=WDJB-MJHT",
    expires_in: 1800,
    interval: 5,
    ...members,
  });
const pending = refusal("authorization_pending");

beforeEach(async () => {
  provider = await startProvider("https://id.acme.example");
  announce(provider, { device_authorization_endpoint: "https://id.acme.example/device_authorization" });
  provider.pages.set("POST /device_authorization", grant());
  clock = movedClock();
  user = person("nothing");
});

/** What the token endpoint says, in order; the last is said again and again. */
function answers(...planned: (Answer | ((seen: Seen) => Answer))[]): void {
  const left = [...planned];
  provider.pages.set("POST /token", async (seen) => {
    const next = left.length > 1 ? left.shift() : left[0];
    return next === undefined ? tokensOf(provider) : typeof next === "function" ? next(seen) : next;
  });
}
const tokens = () => tokensOf(provider);

const deviceLogin = () => loginOf(provider.issuer, { redirectUri: undefined });
const attempt = (parts: Partial<LoginTools> = {}, login = deviceLogin()) =>
  logIn(login, toolsWith(provider.http, { clock, terminal: user, ...parts }));
const polls = () => provider.seen.filter(({ url }) => url.pathname === "/token");

describe("the device flow", () => {
  it("shows page, code and QR code, and asks for the tokens until they are there", async () => {
    answers(pending, pending, await tokens());
    expect(await attempt()).toMatchObject({ user: "alice", issuer: provider.issuer });
    const [said, qr, waiting] = user.heard;
    expect(said).toMatch(/id\.acme\.example[^]*\n {2}https:\/\/id\.acme\.example\/device\n {2}WDJB-MJHT\n/);
    expect(qr).toBe("QR https://id.acme.example/device?user_code=WDJB-MJHT");
    expect(waiting).toContain("waiting");
    expect(clock.waits).toEqual([5, 5, 5]);
  });

  it("sends client, scope and PKCE, as the grant and Keycloak ask", async () => {
    answers(await tokens());
    await attempt();
    const asked = provider.seen.find(({ url }) => url.pathname === "/device_authorization");
    const [poll] = polls();
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
    answers(await tokens());
    await attempt({}, loginOf(provider.issuer, { flow: "device" }));
    expect(provider.requests).not.toContain("GET /authorize");
  });

  it("opens the page with the code in it where there is a browser", async () => {
    answers(await tokens());
    const opened: string[] = [];
    const browser = { isAvailable: true, open: async (url: URL) => opened.push(url.href) > 0 };
    await attempt({ browser });
    expect(opened).toEqual(["https://id.acme.example/device?user_code=WDJB-MJHT"]);
  });

  it("works with what Google and Entra v1 call these things", async () => {
    const words = { verification_uri: undefined, verification_uri_complete: undefined, expires_in: "900", interval: "7" };
    provider.pages.set("POST /device_authorization", grant({ ...words, verification_url: "https://id.acme.example/device" }));
    answers(await tokens());
    await attempt();
    expect(user.heard[1]).toBe("QR https://id.acme.example/device");
    expect(clock.waits).toEqual([7]);
  });

  it("that the provider does not offer is named, with what to set", async () => {
    announce(provider, {});
    await expect(attempt()).rejects.toMatchObject({
      code: "config-missing",
      message: "web_identity_redirect_uri is not set, and id.acme.example does not offer the device flow",
      hint: expect.stringContaining("web_identity_redirect_uri"),
    });
  });

  it("needs a person at once where there is no terminal, and asks for no code", async () => {
    await expect(attempt({ terminal: person() })).rejects.toMatchObject({ code: "person-needed", exitStatus: 7 });
    expect(provider.requests).not.toContain("POST /device_authorization");
  });

  it("that is refused from the start says what the provider says", async () => {
    provider.pages.set("POST /device_authorization", refusal("unauthorized_client", "not for this client"));
    await expect(attempt()).rejects.toMatchObject({
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
    provider.pages.set("POST /device_authorization", grant(members));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: "device login" });
  });

  it("shows what a provider calls a code on one line, with nothing a terminal would obey", async () => {
    provider.pages.set("POST /device_authorization", grant({ user_code: "AB\u001b[2J\nCD" }));
    answers(await tokens());
    await attempt();
    expect(user.heard[0]).toContain("\n  AB\\u{1b}[2J CD\n");
  });
});

describe("while a person enters the code", () => {
  it("an interval that nobody names is five seconds", async () => {
    provider.pages.set("POST /device_authorization", grant({ interval: undefined }));
    answers(pending, await tokens());
    await attempt();
    expect(clock.waits).toEqual([5, 5]);
  });

  it("slow_down means five seconds more, for good", async () => {
    answers(pending, refusal("slow_down"), pending, refusal("slow_down"), pending, await tokens());
    await attempt();
    expect(clock.waits).toEqual([5, 5, 10, 10, 15, 15]);
  });

  it("a server that is too busy is asked half as often each time, until it answers", async () => {
    answers(json({}, 503), json({}, 502), { status: 429, body: "slower!" }, { status: 500 }, json({}, 503), pending, await tokens());
    await attempt();
    expect(clock.waits).toEqual([5, 10, 20, 40, 60, 60, 5]);
  });

  it("a server that says when to come back is not asked before", async () => {
    answers(
      { status: 429, headers: { "retry-after": "90" } },
      { status: 503, headers: { "retry-after": "Fri, 31 Dec 1999 23:59:59 GMT" } },
      await tokens(),
    );
    await attempt();
    expect(clock.waits).toEqual([5, 90, 60]);
  });

  it("a network that fails for a while is waited for", async () => {
    answers(pending, await tokens());
    let failures = 3;
    const http: LoginTools["http"] = async (request) => {
      if (request.url.pathname === "/token" && failures-- > 0) throw new HttpError("timeout", request.url.host, "too slow");
      return provider.http(request);
    };
    await attempt({ http });
    expect(clock.waits).toEqual([5, 10, 20, 40, 5]);
  });

  it("one that never comes back is named in the end", async () => {
    const http: LoginTools["http"] = async (request) => {
      if (request.url.pathname === "/token") throw new HttpError("unreachable", request.url.host, "no route to host");
      return provider.http(request);
    };
    await expect(attempt({ http })).rejects.toMatchObject({ code: "provider-unreachable", message: "no route to host" });
  });

  it("two minutes of slow answers are not the end of it", async () => {
    provider.pages.set("POST /token", async () => {
      clock.advance(20_000);
      return polls().length < 15 ? pending : tokensOf(provider);
    });
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("a person who says no ends it, and is not asked again", async () => {
    answers(pending, refusal("access_denied", "the user said no"));
    await expect(attempt()).rejects.toMatchObject({ code: "approval-refused", message: "the login at id.acme.example was denied" });
    expect(polls()).toHaveLength(2);
  });

  it("a code that the provider lets expire ends it", async () => {
    answers(pending, refusal("expired_token"));
    await expect(attempt()).rejects.toMatchObject({
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
    provider.pages.set("POST /device_authorization", grant(members));
    answers(pending);
    await expect(attempt()).rejects.toMatchObject({ code: "approval-refused" });
    expect(clock.waits.reduce((sum, wait) => sum + wait)).toBeGreaterThanOrEqual(seconds - 1);
    expect(clock.waits.reduce((sum, wait) => sum + wait)).toBeLessThanOrEqual(seconds);
  });

  it("any other refusal ends it with the provider's words, without the device code", async () => {
    answers(pending, refusal("invalid_grant", "no such code: the-device-code"));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: "id.acme.example refuses the login: invalid_grant: no such code: [secret]",
    });
  });

  it("an answer that is none ends it", async () => {
    answers({ status: 403, body: "<html>" });
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: "id.acme.example answers 403" });
  });
});

describe("the page to enter the code on", () => {
  const page = (verification_uri: string, complete?: string) =>
    provider.pages.set("POST /device_authorization", grant({ verification_uri, verification_uri_complete: complete }));

  it.each([
    ["the provider's own host", "https://id.acme.example/activate"],
    ["another port of it", "https://id.acme.example:8443/activate"],
    ["another host of its domain", "https://devices.acme.example/activate"],
  ])("may be on %s", async (_what, url) => {
    page(url);
    answers(await tokens());
    await attempt();
    expect(user.heard[0]).toContain(url);
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
    await expect(attempt()).rejects.toMatchObject({ code: "untrusted-destination", step: "device login" });
    expect(user.heard).toEqual([]);
  });

  it("has to be the provider's with the code in it as well", async () => {
    page("https://id.acme.example/device", "https://evil.example/device?user_code=WDJB-MJHT");
    await expect(attempt()).rejects.toMatchObject({ code: "untrusted-destination" });
    expect(user.heard).toEqual([]);
  });

  it("may be elsewhere where the profile trusts that place", async () => {
    page("https://go.example/acme");
    answers(await tokens());
    await expect(attempt()).rejects.toMatchObject({
      hint: "if it is, add web_identity_trusted_origins = https://go.example to the profile",
    });
    await attempt({}, { ...deviceLogin(), trustedOrigins: ["https://go.example"] });
  });

  it("of Entra is at microsoft.com, and at no other page there", async () => {
    const entra = "https://login.microsoftonline.com/tenant/v2.0";
    provider = await startProvider(entra);
    announce(provider, {
      authorization_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize",
      device_authorization_endpoint: "https://login.microsoftonline.com/tenant/oauth2/v2.0/devicecode",
    });
    provider.pages.set("GET /tenant/v2.0/.well-known/openid-configuration", provider.pages.get("GET /.well-known/openid-configuration")!);
    provider.pages.set("GET /tenant/v2.0/keys", provider.pages.get("GET /keys")!);
    provider.pages.set("POST /tenant/v2.0/token", tokens);
    const asked = "POST /tenant/oauth2/v2.0/devicecode";
    // https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code
    provider.pages.set(asked, grant({ verification_uri: "https://microsoft.com/devicelogin", verification_uri_complete: undefined }));
    await attempt();
    provider.pages.set(asked, grant({ verification_uri: "https://microsoft.com/en-us", verification_uri_complete: undefined }));
    await expect(attempt()).rejects.toMatchObject({ code: "untrusted-destination" });
  });

  it("is on this machine where the provider is", async () => {
    provider = await startProvider();
    announce(provider, { device_authorization_endpoint: `${provider.issuer}/device_authorization` });
    provider.pages.set(
      "POST /device_authorization",
      grant({ verification_uri: "http://localhost:1/device", verification_uri_complete: undefined }),
    );
    answers(await tokens());
    await attempt();
    expect(user.heard[0]).toContain("http://localhost:1/device");
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
    answers(await tokensOf(provider, { id_token: await idTokenOf(provider, claims) }));
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid", step: "id token" });
  });

  it("that is not there is refused", async () => {
    answers(await tokensOf(provider, { id_token: undefined }));
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("signed by nobody the provider knows is refused", async () => {
    const stolen = await idTokenOf(provider);
    await provider.rotateKey("key-1");
    answers(await tokensOf(provider, { id_token: stolen }));
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });
});

describe("a client with a secret", () => {
  const login = () => ({ ...deviceLogin(), clientSecret: { value: new Secret("s3cret/&"), origin: { layer: "built-in" as const } } });

  it("shows it in the header unless the provider says otherwise", async () => {
    answers(await tokens());
    await attempt({}, login());
    const expected = `Basic ${Buffer.from("client%2D1:s3cret%2F%26").toString("base64")}`;
    const shown = provider.seen
      .filter(({ method }) => method === "POST")
      .map(({ headers, form }) => [headers.authorization, form.get("client_secret")]);
    expect(shown).toEqual([
      [expected, null],
      [expected, null],
    ]);
  });

  it("shows it in the form where the provider takes that alone", async () => {
    announce(provider, {
      device_authorization_endpoint: "https://id.acme.example/device_authorization",
      token_endpoint_auth_methods_supported: ["private_key_jwt", "client_secret_post"],
    });
    answers(await tokens());
    await attempt({}, login());
    const shown = provider.seen
      .filter(({ method }) => method === "POST")
      .map(({ headers, form }) => [headers.authorization, form.get("client_secret")]);
    expect(shown).toEqual([
      [undefined, "s3cret/&"],
      [undefined, "s3cret/&"],
    ]);
  });

  it("is told where the provider takes none", async () => {
    announce(provider, {
      device_authorization_endpoint: "https://id.acme.example/device_authorization",
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
    });
    await expect(attempt({}, login())).rejects.toMatchObject({
      code: "provider-refused",
      message: "id.acme.example takes no client secret, only private_key_jwt",
    });
  });

  it("does not read it in a refusal", async () => {
    answers(refusal("invalid_client", "s3cret/& is wrong"));
    await expect(attempt({}, login())).rejects.toMatchObject({
      message: "id.acme.example refuses the login: invalid_client: [secret] is wrong",
    });
  });
});
