import { inspect } from "node:util";

import * as jose from "jose";
import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { type FakeProvider, json, startProvider } from "./fake-provider.ts";
import { loginOf, realClock, toolsWith } from "./fixtures.ts";

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
});

const attempt = (tools = toolsWith(provider.http)) => logIn(loginOf(provider.issuer, { username: "typed" }), tools);
const seconds = (offset: number) => Math.floor(Date.now() / 1000) + offset;
const count = (request: string) => provider.requests.filter((each) => each === request).length;

describe("an id token", () => {
  it("has its facts in the proof, and the JWT itself as a secret", async () => {
    const exp = seconds(120);
    provider.claims = { exp, aud: ["client-1"] };
    const token = await attempt();
    expect(token.expiresAt).toEqual(new Date(exp * 1000));
    expect(token.audience).toEqual(["client-1"]);
    expect(jose.decodeJwt(token.raw.reveal()).iss).toBe(provider.issuer);
    expect(JSON.stringify(token)).not.toContain(token.raw.reveal());
  });

  it.each([
    [{ preferred_username: "p", upn: "u", email: "e", unique_name: "n" }, "p"],
    [{ preferred_username: undefined, upn: "u", email: "e", unique_name: "n" }, "u"],
    [{ preferred_username: "", email: "e", unique_name: "n" }, "e"],
    [{ preferred_username: 7, unique_name: "n" }, "n"],
    [{ preferred_username: undefined }, "typed"],
  ])("with %j is for %s", async (claims, user) => {
    provider.claims = claims;
    expect((await attempt()).user).toBe(user);
  });

  it("that names nobody, for nobody named, is for its subject", async () => {
    provider.claims = { preferred_username: undefined };
    expect((await logIn(loginOf(provider.issuer), toolsWith(provider.http))).user).toBe("subject-1");
  });

  it.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["another audience", { aud: "client-2" }],
    ["a second audience and no authorized party", { aud: ["client-1", "client-2"] }],
    ["another authorized party", { aud: ["client-1", "client-2"], azp: "client-2" }],
    ["another nonce", { nonce: "x" }],
    ["no nonce", { nonce: undefined }],
    ["no expiry", { exp: undefined }],
    ["a past expiry", { exp: seconds(-600) }],
    ["an expiry that is no date", { exp: 1e300 }],
    ["an expiry that was a few seconds ago", { exp: seconds(-5) }],
    ["an issue an hour ahead", { iat: seconds(3600), exp: seconds(7200) }],
    ["a validity that begins in an hour", { nbf: seconds(3600), exp: seconds(7200) }],
    ["no subject", { sub: undefined }],
  ])("with %s is refused", async (_what, claims) => {
    provider.claims = claims;
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid", step: "id token" });
  });

  it("that is not there is refused", async () => {
    provider.pages.set("POST /token", json({ access_token: "access", token_type: "Bearer" }));
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("without a signature is refused", async () => {
    provider.makeToken = async (claims) => new jose.UnsecuredJWT(claims).encode();
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("signed with a shared secret is refused, though it be the public key", async () => {
    provider.makeToken = async (claims) =>
      new jose.SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", kid: "key-1" })
        .sign(new TextEncoder().encode("the public key, as 32 bytes or more"));
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("that was changed after it was signed is refused", async () => {
    const sign = provider.makeToken;
    provider.makeToken = async (claims, header) => {
      const [head, , signature] = (await sign(claims, header)).split(".");
      return `${head}.${jose.base64url.encode(JSON.stringify({ ...claims, sub: "admin" }))}.${signature}`;
    };
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it.each(["not a token", "a.b", "a.b.c", "e30.e30.!!!", "a.b.c.d.e"])(
    "that is %j is refused without being shown, in the error or its causes",
    async (text) => {
      provider.makeToken = async () => `${text} the-token`;
      const error = (await attempt().catch((cause: unknown) => cause)) as Error;
      expect(error).toMatchObject({ code: "token-invalid" });
      expect(inspect(error)).not.toContain("the-token");
    },
  );

  it("whose signature is not even base64 is refused", async () => {
    const sign = provider.makeToken;
    provider.makeToken = async (claims, header) => (await sign(claims, header)).replace(/[^.]+$/, "!");
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("that is refused is not kept, nor is the session", async () => {
    provider.claims = { aud: "client-2" };
    const tools = toolsWith(provider.http);
    await expect(attempt(tools)).rejects.toMatchObject({ code: "token-invalid" });
    expect([...tools.store.entries.keys()].filter((key) => !/^(discovery|keys) /.test(key))).toEqual([]);
  });
});

describe("the keys", () => {
  it("are fetched once and kept", async () => {
    const tools = toolsWith(provider.http);
    await attempt(tools);
    await attempt(tools);
    expect(count("GET /keys")).toBe(1);
  });

  it.each(["key-2", "key-1"])("are fetched again, once, for a key that is not among the kept ones (%s)", async (kid) => {
    const tools = toolsWith(provider.http);
    await attempt(tools);
    await provider.rotateKey(kid);
    await attempt(tools);
    await attempt(tools);
    expect(count("GET /keys")).toBe(2);
  });

  it("are not fetched a second time for a key that does not exist", async () => {
    provider.header = { alg: "ES256", kid: "unknown" };
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
    expect(count("GET /keys")).toBe(1);
  });

  it("that cannot be read make the token unbelievable", async () => {
    provider.pages.set("GET /keys", json({ keys: [{ kty: "EC", kid: "key-1", alg: "ES256", crv: "P-256", x: "x", y: "y" }] }));
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it.each([json({ keys: "none" }), json({ keys: [1] }), { body: "<html>" }, { status: 503 }])(
    "are an error when the provider answers %j",
    async (answer) => {
      provider.pages.set("GET /keys", answer);
      await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: "keys" });
    },
  );
});

describe("a wrong clock", () => {
  it.each([
    [20, "20 min ahead of"],
    [-20, "20 min behind"],
  ])("that differs by %i minutes is named when a token is refused for it", async (minutes, words) => {
    const clock = { ...realClock, now: () => Date.now() + minutes * 60_000 };
    await expect(attempt(toolsWith(provider.http, { clock }))).rejects.toMatchObject({
      code: "token-invalid",
      message: expect.stringContaining(`this computer's clock is ${words} the clock of ${new URL(provider.issuer).host}`),
    });
  });

  it("is not suspected where the clocks agree", async () => {
    provider.claims = { exp: seconds(-600) };
    const error = await attempt().catch((cause: unknown) => cause);
    expect((error as Error).message).not.toContain("clock");
  });
});

describe("the token endpoint", () => {
  it("has its refusal told in its own words", async () => {
    provider.pages.set("POST /token", json({ error: "invalid_grant", error_description: "Code not valid" }, 400));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("invalid_grant: Code not valid"),
    });
  });

  it.each([
    json([]),
    { body: "<html>", headers: { "content-type": "text/html" } },
    { status: 500 },
    { status: 302, headers: { location: "/elsewhere" } },
  ])("is not believed when it answers %j", async (answer) => {
    provider.pages.set("POST /token", answer);
    await expect(attempt()).rejects.toMatchObject({ exitStatus: 4 });
  });
});
