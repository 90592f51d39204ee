import { connect } from "node:net";
import * as jose from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { type SandboxProvider, startProvider } from "../../sandbox/provider.ts";
import { Browser, type Page } from "./browser.ts";

const ALICE = { username: "alice", password: "right" };
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";

let provider: SandboxProvider;
const spoken: unknown[][] = [];

beforeAll(async () => {
  for (const level of ["log", "info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((...words) => spoken.push(words));
  provider = await startProvider({
    users: [
      { name: "alice", password: "right" },
      { name: "tess", password: "right", totpSecret: "12345678901234567890" },
    ],
    clients: [{ id: "plain" }, { id: "pages", isOnTwoPages: true }, { id: "consent", asksConsent: true }],
  });
});

afterEach(() => {
  provider.intercept = undefined;
  provider.rewriteIdToken = undefined;
});

afterAll(async () => {
  vi.restoreAllMocks();
  await provider.close();
});

async function startUrl(parameters: Readonly<Record<string, string>> = {}): Promise<URL> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(VERIFIER));
  const url = new URL("/auth", provider.issuer);
  url.search = new URLSearchParams({
    client_id: "plain",
    response_type: "code",
    scope: "openid",
    redirect_uri: "app:/callback",
    code_challenge: Buffer.from(digest).toString("base64url"),
    code_challenge_method: "S256",
    state: "the-state",
    nonce: "the-nonce",
    ...parameters,
  }).toString();
  return url;
}

interface Tokens {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly error?: string;
}

async function post(path: string, form: Readonly<Record<string, string>>): Promise<{ status: number; body: Tokens }> {
  const response = await fetch(new URL(path, provider.issuer), {
    method: "POST",
    body: new URLSearchParams({ client_id: "plain", ...form }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text === "" ? "{}" : text) };
}

function redeem(redirect: Page, parameters: Readonly<Record<string, string>> = {}): ReturnType<typeof post> {
  const code = redirect.url.searchParams.get("code") ?? "";
  return post("/token", { grant_type: "authorization_code", redirect_uri: "app:/callback", code, code_verifier: VERIFIER, ...parameters });
}

async function logIn(browser = new Browser(), parameters: Readonly<Record<string, string>> = {}): Promise<Page> {
  return browser.submit(await browser.get(await startUrl(parameters)), ALICE);
}

describe("the login", () => {
  it("gives a code at the redirect URI, and for it an id token that verifies against /jwks", async () => {
    const redirect = await logIn();
    expect(redirect.url.href).toMatch(/^app:\/callback\?code=[\w-]+&state=the-state&iss=http/);
    const { body } = await redeem(redirect);
    const keys = jose.createRemoteJWKSet(new URL("/jwks", provider.issuer));
    const { payload } = await jose.jwtVerify(body.id_token, keys, { issuer: provider.issuer, audience: "plain" });
    expect(payload).toMatchObject({
      sub: "id-of-alice",
      preferred_username: "alice",
      email: "alice@sandbox.example",
      nonce: "the-nonce",
      exp: (payload.iat ?? 0) + 3600,
    });
  });

  it("shows the form again after a wrong password, with the reason, and takes the right one then", async () => {
    const browser = new Browser();
    const form = await browser.get(await startUrl());
    const again = await browser.submit(form, { ...ALICE, password: "wrong" });
    expect(again).toMatchObject({ status: 200, html: expect.stringContaining("Wrong user name or password.") });
    expect((await browser.submit(again, ALICE)).url.protocol).toBe("app:");
  });

  it("refuses a form whose hidden field did not come back", async () => {
    const browser = new Browser();
    const form = await browser.get(await startUrl());
    expect(await browser.submit(form, { ...ALICE, csrf: "" })).toMatchObject({ status: 400 });
  });

  it("does not know a browser without cookies", async () => {
    const form = await new Browser().get(await startUrl());
    expect(await new Browser().submit(form, ALICE)).toMatchObject({ status: 400, html: expect.stringContaining("expired") });
  });

  it("asks for name and password on two pages", async () => {
    const browser = new Browser();
    const first = await browser.get(await startUrl({ client_id: "pages" }));
    expect([/type="text"/, /type="password"/].map((field) => field.test(first.html))).toEqual([true, false]);
    const second = await browser.submit(first, { username: "alice" });
    expect([/type="text"/, /type="password"/].map((field) => field.test(second.html))).toEqual([false, true]);
    const wrong = await browser.submit(second, { password: "wrong" });
    expect(wrong.html).toContain("Wrong user name or password.");
    expect((await browser.submit(wrong, { password: "right" })).url.protocol).toBe("app:");
  });

  it("asks for a one-time code after the password, and takes each once", async () => {
    const enter = async (browser: Browser) => browser.submit(await browser.get(await startUrl()), { username: "tess", password: "right" });
    const [mine, yours] = [new Browser(), new Browser()];
    const code = provider.totp("tess");
    const page = await enter(mine);
    expect(page.html).toContain('autocomplete="one-time-code"');
    expect((await mine.submit(page, { code })).url.protocol).toBe("app:");
    expect((await yours.submit(await enter(yours), { code })).html).toContain("Wrong one-time code.");
  });

  it("asks for consent, and takes no for an answer", async () => {
    const browser = new Browser();
    const page = await logIn(browser, { client_id: "consent" });
    expect(page.html).toContain("Allow consent to know who you are?");
    expect((await browser.submit(page, { decision: "deny" })).url.searchParams.get("error")).toBe("access_denied");
    const again = await browser.get(await startUrl({ client_id: "consent" }));
    expect((await browser.submit(again, { decision: "allow" })).url.searchParams.has("code")).toBe(true);
    expect((await browser.get(await startUrl({ client_id: "consent" }))).url.searchParams.has("code")).toBe(true);
  });

  it("is not needed while the session lasts, until the user logs out", async () => {
    const browser = new Browser();
    const { body } = await redeem(await logIn(browser));
    expect((await browser.get(await startUrl())).url.protocol).toBe("app:");
    const logout = new URL(`/session/end?id_token_hint=${body.id_token}`, provider.issuer);
    expect((await browser.submit(await browser.get(logout), { logout: "yes" })).html).toContain("Signed out");
    expect((await browser.get(await startUrl())).html).toContain("Sign in");
  });
});

describe("the protocol", () => {
  it("insists on PKCE", async () => {
    const url = await startUrl();
    for (const name of ["code_challenge", "code_challenge_method"]) url.searchParams.delete(name);
    expect((await new Browser().get(url)).url.searchParams.get("error_description")).toContain("PKCE");
    const wrong = await redeem(await logIn(), { code_verifier: VERIFIER.toUpperCase() });
    expect(wrong).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  });

  it("redirects to any port of this machine, and nowhere it does not know", async () => {
    const uris = ["http://127.0.0.1:5/callback", "http://localhost:5/", "http://127.0.0.1:5"];
    for (const uri of uris) expect((await logIn(new Browser(), { redirect_uri: uri })).url.port).toBe("5");
    const foreign = await new Browser().get(await startUrl({ redirect_uri: "http://example.com/callback" }));
    expect(foreign).toMatchObject({ status: 400, html: expect.stringContaining("invalid_redirect_uri") });
  });

  it("refreshes a token that was asked for with consent, until it is revoked", async () => {
    const browser = new Browser();
    const page = await logIn(browser, { scope: "openid offline_access", prompt: "consent" });
    const { body } = await redeem(await browser.submit(page, { decision: "allow" }));
    const refreshed = await post("/token", { grant_type: "refresh_token", refresh_token: body.refresh_token });
    expect(jose.decodeJwt(refreshed.body.id_token).sub).toBe("id-of-alice");
    const token = refreshed.body.refresh_token;
    expect((await post("/token/revocation", { token })).status).toBe(200);
    expect(await post("/token", { grant_type: "refresh_token", refresh_token: token })).toMatchObject({ body: { error: "invalid_grant" } });
  });

  it("logs a device in when a person has typed its code", async () => {
    const { body } = await post("/device/auth", { scope: "openid" });
    const { device_code, user_code, verification_uri } = body as unknown as Record<string, string>;
    const poll = () => post("/token", { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: device_code! });
    expect(await poll()).toMatchObject({ status: 400, body: { error: "authorization_pending" } });
    const browser = new Browser();
    const wrong = await browser.submit(await browser.get(verification_uri!), { user_code: "no-such" });
    expect(wrong.html).toContain("the code was not found");
    const confirmation = await browser.submit(wrong, { user_code: user_code! });
    const signIn = await browser.submit(confirmation, {});
    expect((await browser.submit(signIn, ALICE)).html).toContain("Your device is signed in");
    expect(jose.decodeJwt((await poll()).body.id_token).preferred_username).toBe("alice");
  });

  it("keeps the lifetimes it is given", async () => {
    const brief = await startProvider({ users: [], clients: [{ id: "plain" }], lifetimes: { deviceCode: 7 } });
    const body = new URLSearchParams({ client_id: "plain", scope: "openid" });
    const answer = await (await fetch(new URL("/device/auth", brief.issuer), { method: "POST", body })).json();
    expect(answer).toMatchObject({ expires_in: 7 });
    await brief.close();
  });
});

describe("what tests can do with it", () => {
  it("counts requests: a login costs five, with the session kept two", async () => {
    const browser = new Browser();
    const before = provider.requests.length;
    await redeem(await logIn(browser));
    await redeem(await browser.get(await startUrl()));
    const seen = provider.requests.slice(before).map(({ method, path, status }) => `${method} ${path.split("/")[1]} ${status}`);
    const login = ["GET auth 303", "GET interaction 200", "POST interaction 303", "GET auth 303", "POST token 200"];
    expect(seen).toEqual([...login, "GET auth 303", "POST token 200"]);
    expect(provider.requests[before + 2]?.body).toContain("password=right");
  });

  it("answers in its place: with an error, late, or not at all", async () => {
    const jwks = () => fetch(new URL("/jwks", provider.issuer));
    provider.intercept = ({ url }) => (url.pathname === "/jwks" ? new Response("out of order", { status: 500 }) : undefined);
    expect((await jwks()).status).toBe(500);
    provider.intercept = () => new Promise((resolve) => setTimeout(() => resolve(undefined), 50));
    const startedAt = performance.now();
    expect((await jwks()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(49);
    provider.intercept = () => Response.error();
    await expect(jwks()).rejects.toThrow("fetch failed");
  });

  it("takes no notice of a client that goes away in the middle of a request", async () => {
    const before = provider.requests.length;
    const socket = connect(Number(new URL(provider.issuer).port), "127.0.0.1");
    socket.write("POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf");
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(provider.requests.length).toBe(before);
    expect((await fetch(new URL("/jwks", provider.issuer))).status).toBe(200);
  });

  it("lets the id token be replaced, and signs what it is told to", async () => {
    provider.rewriteIdToken = (jwt) => provider.sign({ ...jose.decodeJwt(jwt), nonce: "another" });
    const { body } = await redeem(await logIn());
    const { payload } = await jose.jwtVerify(body.id_token, jose.createLocalJWKSet(provider.publicKeys));
    expect(payload).toMatchObject({ sub: "id-of-alice", nonce: "another" });
  });

  it("has said nothing on the console through all of this", () => {
    expect(spoken).toEqual([]);
  });
});
