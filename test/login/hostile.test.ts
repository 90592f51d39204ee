/**
 * What a hostile or broken provider may answer, from the login to STS: each is refused with its code, soon, without a secret in log or error,
 * and leaves nothing behind. What single checks say in detail is tested where they are (token.test.ts, origins.test.ts, redirect.test.ts).
 */

import { inspect } from "node:util";

import * as jose from "jose";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { getCredentials } from "../../src/credentials/provider.ts";
import type { Profile } from "../../src/config/profile.ts";
import { Secret } from "../../src/secret.ts";
import type { Store } from "../../src/store/store.ts";
import { type FakeSts, refusal as refuse, startFakeSts } from "../aws/fake-sts.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { type TestTools, testTools } from "../credentials/fixtures.ts";
import { type Answer, type FakeProvider, html, json, redirect, startProvider } from "./fake-provider.ts";

const PASSWORD = "correct horse battery";
const CODE = "739154";
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), CODE, "the-code", "secret-access-token"];
const SOON_MS = 10_000;

let provider: FakeProvider;
let sts: FakeSts;
let tools: TestTools;
let written: string[];
/** Tokens that were issued. */
let tokens: string[];

const loginForm = (action = "/password", method = "post") =>
  html(`<form method="${method}" action="${action}"><input name="username"><input type="password" name="password"></form>`);
const codeForm = html('<form method="post" action="/code"><input name="otp" autocomplete="one-time-code"></form>');

beforeEach(async () => {
  provider = await startProvider();
  sts = await startFakeSts();
  onTestFinished(() => sts.finish());
  const real = await testTools();
  real.clock.time = Date.now();
  written = [];
  tools = { ...real, store: recording(real.store) };
  tokens = [];
  const make = provider.makeToken;
  provider.makeToken = async (claims, header) => remember(await make(claims, header));
  provider.pages.set("GET /authorize", loginForm());
  provider.pages.set("POST /password", codeForm);
  provider.pages.set("POST /code", () => provider.finish());
});

function remember(token: string): string {
  tokens.push(token, ...token.split(".").filter((part) => part.length > 20));
  return token;
}

function recording(store: Store): Store {
  return {
    read: (kind, key) => store.read(kind, key),
    write: (kind, key, value, until) => {
      written.push(kind);
      return store.write(kind, key, value, until);
    },
    remove: (kind, key) => store.remove(kind, key),
    removeAll: () => store.removeAll(),
    keys: (kind) => store.keys(kind),
  };
}

function profile(): Profile {
  const base = testProfile({ endpoint: sts.endpoint });
  const password = setting(new Secret(PASSWORD));
  const mfaCode = setting(new Secret(CODE));
  return { ...base, login: { ...base.login, authUrl: setting(provider.issuer), clientId: setting("client-1"), password, mfaCode } };
}

/** The error, after everything was checked that holds for all of them. */
async function refusal(): Promise<Error & { code: string; step?: string }> {
  const startedAt = performance.now();
  const thrown: unknown = await getCredentials({ profile: profile(), refresh: false }, tools).then(
    () => "it was let in",
    (cause: unknown) => cause,
  );
  expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
  expect(thrown).toBeInstanceOf(Error);
  const shown = inspect(thrown, { depth: 10 }) + JSON.stringify(thrown) + tools.log.lines.join("\n");
  for (const secret of [...SECRETS, ...tokens]) expect(shown).not.toContain(secret);
  expect(written.filter((kind) => !["discovery", "keys", "refusal"].includes(kind))).toEqual([]);
  expect(sts.requests).toEqual([]);
  return thrown as Error & { code: string };
}

const posts = (path: string) => provider.requests.filter((request) => request === `POST ${path}`).length;

it("lets the login in that all of these are made from", async () => {
  sts.plan(refuse("AccessDenied", "not today", 403));
  await expect(getCredentials({ profile: profile(), refresh: false }, tools)).rejects.toMatchObject({ code: "aws-refused" });
  expect(written).toEqual(expect.arrayContaining(["session", "token"]));
});

describe("pages", () => {
  const set = (answer: Answer | (() => Answer), path = "POST /password") => void provider.pages.set(path, answer);

  it.each([
    ["send the password to another host", () => set(loginForm("https://evil.example/"), "GET /authorize"), "untrusted-destination"],
    ["send the password to another port", () => set(loginForm("http://127.0.0.1:1/"), "GET /authorize"), "untrusted-destination"],
    ["put the password into a URL", () => set(loginForm("/password", "get"), "GET /authorize"), "untrusted-destination"],
    ["resend the code to another port", () => set(redirect("http://127.0.0.1:1/", 307), "POST /code"), "untrusted-destination"],
    ["redirect in a circle", () => set(redirect("/authorize"), "GET /authorize"), "provider-answer"],
    ["redirect to what is no URL", () => set(redirect("http://["), "GET /authorize"), "provider-answer"],
    ["are 50 MB long", () => set(html("<p>".repeat((50 * 1024 * 1024) / 3))), "provider-answer"],
    ["nest 300,000 tags", () => set(html("<b>".repeat(300_000))), "page-not-answerable"],
    ["nest what does not close", () => set(html(`${"<x>".repeat(150_000)}${"</y>".repeat(120_000)}`)), "page-not-answerable"],
    ["nest error messages", () => set(html("<i class=error>".repeat(500) + "<b>x</b>".repeat(100_000))), "page-not-answerable"],
    ["nest links that scripts press", () => set(html("<i onclick=x>".repeat(500) + "<b></b>".repeat(140_000))), "page-not-answerable"],
    [
      "grow as they are read",
      () => {
        const names = Array.from({ length: 12_000 }, (_, number) => `<b a${number.toString(36)}>`).join("");
        set(html(`<div>${names}</div>${"<div>x</div>".repeat(8_000)}`));
      },
      "provider-answer",
    ],
    ["have 25,000 forms", () => set(html("<div>" + "<form><input name=a required></form>".repeat(25_000))), "page-not-answerable"],
    [
      "refresh without end",
      () => set(html("<meta http-equiv=refresh content='0'><meta http-equiv=refresh content='0;url=/again'>")),
      "page-not-answerable",
    ],
    [
      "refresh to a port nobody vouches for",
      () => set(html("<meta http-equiv=Refresh content='0; URL=http://127.0.0.1:1/'>")),
      "untrusted-destination",
    ],
    ["refresh to a script", () => set(html("<meta http-equiv=refresh content='0;url=javascript:alert(1)'>")), "untrusted-destination"],
    ["repeat themselves", () => set(html('<form method=post action="/again"><input type=hidden name=a></form>')), "page-not-answerable"],
  ])("that %s", async (_what, setUp, code) => {
    const again = html("<meta http-equiv=refresh content='0;url=/again'>");
    provider.pages.set("GET /again", again);
    provider.pages.set("POST /again", html('<form method=post action="/again"><input type=hidden name=a></form>'));
    setUp();
    expect(await refusal()).toMatchObject({ code });
    expect(posts("/password")).toBeLessThanOrEqual(1);
    expect(posts("/code")).toBeLessThanOrEqual(1);
  });

  it("that ask for the password again and again get it once", async () => {
    provider.pages.set("POST /password", loginForm());
    expect(await refusal()).toMatchObject({ code: "credentials-refused" });
    expect(posts("/password")).toBe(1);
  });

  it("that ask for the code again and again get it once", async () => {
    provider.pages.set("POST /code", codeForm);
    expect(await refusal()).toMatchObject({ code: "code-refused" });
    expect(posts("/code")).toBe(1);
  });
});

describe("id tokens", () => {
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (changes: Record<string, unknown>) => () => void (provider.claims = changes);
  const signedBy = (sign: (payload: jose.JWTPayload) => Promise<string> | string) => () =>
    void (provider.makeToken = async (payload) => remember(await sign(payload)));

  const signWithPublicKey = async (payload: jose.JWTPayload): Promise<string> => {
    const { keys } = (await (await fetch(`${provider.issuer}/keys`)).json()) as { keys: jose.JWK[] };
    const text = await jose.exportSPKI((await jose.importJWK(keys[0]!, "ES256")) as jose.CryptoKey);
    return new jose.SignJWT(payload).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(new TextEncoder().encode(text));
  };
  const signWithOtherKey = async (payload: jose.JWTPayload): Promise<string> => {
    const { privateKey } = await jose.generateKeyPair("ES256");
    return new jose.SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: "key-1" }).sign(privateKey);
  };
  const withEmbeddedKey = async (payload: jose.JWTPayload): Promise<string> => {
    const { privateKey, publicKey } = await jose.generateKeyPair("ES256", { extractable: true });
    const jwk = await jose.exportJWK(publicKey);
    return new jose.SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: "key-1", jwk }).sign(privateKey);
  };

  it.each([
    ["of another issuer", claims({ iss: "https://evil.example" })],
    ["for another audience", claims({ aud: "client-2" })],
    ["for two audiences, authorized for neither", claims({ aud: ["client-1", "client-2"], azp: "client-3" })],
    ["authorized for another client", claims({ azp: "client-2" })],
    ["with another nonce", claims({ nonce: "other" })],
    ["without a nonce", claims({ nonce: undefined })],
    ["without a subject", claims({ sub: undefined })],
    ["with a subject that is a number", claims({ sub: 7 })],
    ["without an audience", claims({ aud: undefined })],
    ["that have expired", claims({ exp: now() - 60 })],
    ["that expire in the year 30,000,000", claims({ exp: 1e15 })],
    ["that expire as a text", claims({ exp: "tomorrow" })],
    ["issued in the future", claims({ iat: now() + 3600, exp: now() + 7200 })],
    ["valid in the future", claims({ nbf: now() + 3600, exp: now() + 7200 })],
    ["without a signature (alg: none)", signedBy((payload) => new jose.UnsecuredJWT(payload).encode())],
    ["signed with the public key as a shared secret", signedBy(signWithPublicKey)],
    ["signed with another key under the same name", signedBy(signWithOtherKey)],
    ["that bring the key to check them", signedBy(withEmbeddedKey)],
    [
      "whose payload is no JSON",
      signedBy(() => `${jose.base64url.encode('{"alg":"ES256"}')}.${jose.base64url.encode("hello there, no json")}.c2ln`),
    ],
    ["that are 900 kB long", signedBy(() => `${"a".repeat(300_000)}.${"b".repeat(300_000)}.${"c".repeat(300_000)}`)],
  ])("%s", async (_what, setUp) => {
    setUp();
    expect(await refusal()).toMatchObject({ code: "token-invalid", step: "id token" });
  });
});

describe("JSON of the wrong shape", () => {
  const deep = "[".repeat(200_000);
  const shapes: [string, Answer][] = [
    ["null", json(null)],
    ["a text", json("secret-access-token")],
    ["a list", json([1, 2])],
    ["a number", json(7)],
    ["nothing", { status: 200, headers: { "content-type": "application/json" }, body: "" }],
    ["half of it", { status: 200, headers: { "content-type": "application/json" }, body: '{"issuer": "' }],
    ["200,000 brackets", { status: 200, headers: { "content-type": "application/json" }, body: deep }],
    ["HTML", html("<h1>secret-access-token</h1>")],
    ["texts where there should be others", json({ issuer: 7, keys: "x", access_token: [], token_type: {}, id_token: { a: 1 } })],
    ["50 MB", { status: 200, headers: { "content-type": "application/json" }, body: `"${"x".repeat(50 * 1024 * 1024)}"` }],
    [
      "names that every object has",
      { status: 200, headers: { "content-type": "application/json" }, body: '{"__proto__": {"issuer": "x"}, "constructor": 1}' },
    ],
  ];

  it.each(shapes)("from discovery: %s", async (_what, answer) => {
    provider.pages.set("GET /.well-known/openid-configuration", answer);
    expect(["provider-unknown", "provider-answer"]).toContain((await refusal()).code);
    expect(written).toEqual([]);
  });

  it.each(shapes)("from the token endpoint: %s", async (_what, answer) => {
    provider.pages.set("POST /token", answer);
    expect(["token-invalid", "provider-answer"]).toContain((await refusal()).code);
  });

  it.each(shapes)("from the key set: %s", async (_what, answer) => {
    provider.pages.set("GET /keys", answer);
    expect(await refusal()).toMatchObject({ code: "provider-answer", step: "keys" });
    expect(written).toEqual(["discovery"]);
  });

  it("that is a token endpoint's error repeats nothing but its words", async () => {
    provider.pages.set("POST /token", ({ form }) =>
      json({ error: "invalid_grant", error_description: `no ${form.get("code")} of ${form.get("code_verifier")}` }, 400),
    );
    const error = await refusal();
    expect(error).toMatchObject({ code: "provider-refused", message: expect.stringContaining("no [secret] of [secret]") });
  });
});
