/**
 * What a hostile or broken provider may answer, to both built programs: each is refused with its message, soon, without a secret in the output of
 * `-vv`, and leaves nothing on disk but what was published. All that can be sent is in test/login/hostile.test.ts; a thousand forged callbacks
 * are in browser.test.ts.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as jose from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import { API_ID, API_SECRET, PASSWORD as ONELOGIN_PASSWORD, pending, startOnelogin, USER, VERIFY } from "../fakes/onelogin.ts";
import { type Answer, type FakeProvider, html, json, type Page, redirect, startProvider } from "../login/fake-provider.ts";
import { artefacts, makeHome, run } from "./artefacts.ts";

const PASSWORD = "correct horse battery";
const CODE = "739154";
const SECRETS = [PASSWORD, encodeURIComponent(PASSWORD), CODE, "the-code", "secret-access-token"];
const SOON_MS = 10_000;
const MEGABYTE = 1024 * 1024;

let provider: FakeProvider;
let sts: FakeSts;
let home: ReturnType<typeof makeHome>;
/** Those that were issued. */
let tokens: string[];

const loginForm = (action = "/password") =>
  html(`<form method="post" action="${action}"><input name="username"><input type="password" name="password"></form>`);
const raw = (body: string): Answer => ({ headers: { "content-type": "application/json" }, body });

beforeEach(async () => {
  [provider, sts, tokens] = [await startProvider(), await startFakeSts(), []];
  const make = provider.makeToken;
  provider.makeToken = async (claims, header) => remember(await make(claims, header));
  provider.pages.set("GET /authorize", loginForm());
  provider.pages.set("POST /password", html('<form method="post" action="/code"><input name="otp" autocomplete="one-time-code"></form>'));
  provider.pages.set("POST /code", () => provider.finish());
  home = makeHome(`[profile dev]
web_identity_auth_url = ${provider.issuer}
web_identity_client_id = client-1
web_identity_redirect_uri = app:/callback
web_identity_username = alice
role_arn = arn:aws:iam::123456789012:role/developer
endpoint_url = ${sts.endpoint}
`);
  return async () => {
    home.remove();
    await sts.finish();
  };
});

function remember(token: string): string {
  tokens.push(token, ...token.split(".").filter((part) => part.length > 20));
  return token;
}

const kept = () => [...new Set(readdirSync(join(home.path, ".aws/aws-runas")).map((name) => name.replace(/-[0-9a-f]{64}$/, "")))];

const now = () => Math.floor(Date.now() / 1000);
const claims = (changes: Record<string, unknown>) => () => void (provider.claims = changes);
const set = (place: string, page: Page) => () => void provider.pages.set(place, page);
const unsigned = () => void (provider.makeToken = async (payload) => remember(new jose.UnsecuredJWT(payload).encode()));
const bySharedSecret = () =>
  void (provider.makeToken = async (payload) =>
    remember(
      await new jose.SignJWT(payload).setProtectedHeader({ alg: "HS256", kid: "key-1" }).sign(new TextEncoder().encode("k".repeat(32))),
    ));

const discovery = "GET /.well-known/openid-configuration";
const texts = json({ issuer: 7, keys: "x", access_token: [], token_type: {}, id_token: { a: 1 }, secret: "secret-access-token" });
const long = raw(`"${"x".repeat(50 * MEGABYTE)}"`);
const ATTACKS: readonly (readonly [what: string, setUp: () => void, message: RegExp])[] = [
  [
    "a form for another host",
    set("GET /authorize", loginForm("https://evil.example/")),
    /to https:\/\/evil\.example, which \S+ does not vouch for/,
  ],
  [
    "a form for another port",
    set("GET /authorize", loginForm("http://127.0.0.1:1/")),
    /to http:\/\/127\.0\.0\.1:1, which \S+ does not vouch for/,
  ],
  [
    "a code sent on to another port",
    set("POST /code", redirect("http://127.0.0.1:1/", 307)),
    /to http:\/\/127\.0\.0\.1:1, which \S+ does not vouch for/,
  ],
  ["redirects in a circle", set("GET /authorize", redirect("/authorize")), /more than 20 redirects/],
  [
    "pages in a circle",
    set("POST /password", html('<form method=post action="/password"><input type=hidden name=a></form>')),
    /shows more than 15 pages/,
  ],
  ["HTML of 50 MB", set("POST /password", html("<p>".repeat((50 * MEGABYTE) / 3))), /is longer than 1048576 bytes/],
  ["a document of the wrong shape", set(discovery, texts), /unable to determine client provider type/],
  ["a document of 50 MB", set(discovery, long), /is longer than 1048576 bytes/],
  ["a document of 200,000 brackets", set(discovery, raw("[".repeat(200_000))), /unable to determine client provider type/],
  ["tokens of the wrong shape", set("POST /token", texts), /is not valid: "response" body "access_token" property/],
  ["tokens of 50 MB", set("POST /token", long), /is longer than 1048576 bytes/],
  ["keys of the wrong shape", set("GET /keys", texts), /gives no key set/],
  ["a token of another issuer", claims({ iss: "https://evil.example" }), /is not valid: unexpected JWT "iss"/],
  ["a token for another audience", claims({ aud: "client-2" }), /is not valid: unexpected JWT "aud"/],
  ["a token with another nonce", claims({ nonce: "other" }), /is not valid: unexpected ID Token "nonce"/],
  ["a token without a signature (alg: none)", unsigned, /is not valid: unexpected JWT "alg"/],
  ["a token signed with a shared secret", bySharedSecret, /is not valid: unexpected JWT "alg"/],
  ["a token that has expired", claims({ exp: now() - 60 }), /id token.+expired/],
  ["a token from the future", claims({ iat: now() + 3600, exp: now() + 7200 }), /id token.+future/],
];

describe.each(artefacts)("$name", (artefact) => {
  const logIn = () =>
    run(artefact, ["-vv", "-O", "json", "dev"], {
      env: { HOME: home.path, AWSRUNAS_STORE: "file", WEB_IDENTITY_PASSWORD: PASSWORD, MFA_CODE: CODE },
    });

  test("lets the login in that all of these are made from", async () => {
    sts.plan(grant());
    expect(await logIn()).toMatchObject({ status: 0, stdout: expect.stringContaining("ASIA-developer") });
    expect(kept()).toEqual(expect.arrayContaining(["credentials", "token", "session"]));
  });

  test.each(ATTACKS)("refuses %s", async (_what, setUp, message) => {
    setUp();
    const startedAt = Date.now();
    const { status, stdout, stderr } = await logIn();
    expect(Date.now() - startedAt).toBeLessThan(SOON_MS);
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toMatch(message);
    for (const secret of [...SECRETS, ...tokens]) expect(stderr).not.toContain(secret);
    expect(kept().filter((kind) => /^(credentials|token|session|refresh|preference)$/.test(kind))).toEqual([]);
  });
});

test("a push without end is given up after a minute, by both", async () => {
  const onelogin = await startOnelogin("loopback");
  onelogin.devices = [["OneLogin Protect", 1]];
  onelogin.provider.pages.set(`POST ${VERIFY}`, pending);
  const token = Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64");
  const env = {
    HOME: home.path,
    WEB_IDENTITY_AUTH_URL: `${onelogin.issuer}?token=${token}`,
    WEB_IDENTITY_USERNAME: USER,
    WEB_IDENTITY_PASSWORD: ONELOGIN_PASSWORD,
    AWSRUNAS_STORE: "none",
  };
  const startedAt = Date.now();
  const outcomes = await Promise.all(artefacts.map((artefact) => run(artefact, ["-O", "json", "dev"], { env, timeoutMs: 90_000 })));
  expect(Date.now() - startedAt).toBeGreaterThan(55_000);
  const stderr = expect.stringMatching(/^aws-runas: nobody approved the login at \S+ in time\n$/);
  expect(outcomes).toEqual(artefacts.map(() => ({ status: 4, stdout: "", stderr })));
  const asked = onelogin.bodies(VERIFY).filter((body) => body["do_not_notify"] === true).length;
  expect(asked).toBeGreaterThan(2 * 20);
  expect(asked).toBeLessThan(2 * 35);
}, 100_000);
