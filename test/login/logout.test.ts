/** The end of a login at the provider: OpenID Connect RP-Initiated Logout 1.0 and RFC 7009, answered by a fake that takes nothing unplanned. */

import { beforeEach, describe, expect, test } from "vitest";
import { LoginError } from "../../src/errors.ts";
import { endSession, revokeToken } from "../../src/login/oidc/logout.ts";
import type { Metadata } from "../../src/login/oidc/metadata.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeProvider, html, json, redirect, startProvider } from "./fake-provider.ts";
import { loginOf, realClock } from "./fixtures.ts";

let provider: FakeProvider;
let metadata: Metadata;

beforeEach(async () => {
  provider = await startProvider("https://id.example.com");
  metadata = {
    issuer: "https://id.example.com",
    authorization_endpoint: "https://id.example.com/authorize",
    token_endpoint: "https://id.example.com/token",
    jwks_uri: "https://id.example.com/keys",
    end_session_endpoint: "https://id.example.com/logout",
    revocation_endpoint: "https://id.example.com/revoke",
    authorization_response_iss_parameter_supported: false,
  };
});

const idToken = new Secret("eyJ.the.token");
const login = () => loginOf("https://id.example.com");
const end = (ending: { idToken?: Secret; cookies?: unknown } = { idToken }) =>
  endSession({ idToken: ending.idToken, cookies: ending.cookies }, login(), metadata, { http: provider.http, clock: realClock });
const revoke = (changes = {}) => revokeToken(new Secret("refresh-1"), { ...login(), ...changes }, metadata, provider.http);

async function failure(action: Promise<unknown>): Promise<LoginError> {
  const error = await action.catch((thrown: unknown) => thrown);
  if (error instanceof LoginError) return error;
  throw new Error(`no LoginError: ${String(error)}`);
}

describe("ending the session", () => {
  test("hands the id token over in a body, and is done when the provider says so", async () => {
    provider.pages.set("POST /logout", html("<p>You are logged out</p>"));
    expect(await end()).toBe(true);
    expect(Object.fromEntries(provider.seen[0]?.form ?? [])).toEqual({ client_id: "client-1", id_token_hint: "eyJ.the.token" });
    expect(provider.seen[0]?.url.search).toBe("");
  });

  test("goes by the kept cookies", async () => {
    provider.pages.set("GET /login", { headers: { "set-cookie": "sid=1; Path=/" } });
    const { openSession } = await import("../../src/http/session.ts");
    const session = openSession({ http: provider.http, clock: realClock, onRedirect: () => "follow" });
    await session.open({ method: "GET", url: new URL("https://id.example.com/login") });
    provider.pages.set("POST /logout", html(""));
    await end({ cookies: session.cookies() });
    expect(provider.seen.at(-1)?.cookie).toBe("sid=1");
    expect(provider.seen.at(-1)?.form.has("id_token_hint")).toBe(false);
  });

  test.each([
    // As Keycloak's logout-confirm.ftl shows it.
    [
      "Keycloak's",
      `<form action="/confirm" method="POST"><input type="hidden" name="session_code" value="c"><input name="confirmLogout" id="kc-logout" type="submit" value="Logout"></form>`,
      { session_code: "c", confirmLogout: "Logout" },
    ],
    [
      "one that offers to stay first",
      `<form action="/confirm" method="post"><button name="stay" value="yes">No, stay signed in</button><button name="logout" value="yes">Yes, sign me out</button></form>`,
      { logout: "yes" },
    ],
  ])("answers the question whether it is meant: %s", async (_, page, sent) => {
    provider.pages.set("POST /logout", html(page));
    provider.pages.set("POST /confirm", redirect("/bye"));
    provider.pages.set("GET /bye", html("Bye"));
    expect(await end()).toBe(true);
    expect(Object.fromEntries(provider.seen[1]?.form ?? [])).toEqual(sent);
    expect(provider.requests).toEqual(["POST /logout", "POST /confirm", "GET /bye"]);
  });

  test("without POST at the provider leaves the token out", async () => {
    provider.pages.set("POST /logout", { status: 405 });
    provider.pages.set("GET /logout", html("Bye"));
    expect(await end()).toBe(true);
    expect(provider.seen[1]?.url.search).toBe("");
  });

  test.each([
    ["a form that goes elsewhere", html(`<form action="https://evil.example/x" method="post"><button>Log out</button></form>`)],
    ["a form that only refuses", html(`<form action="/x" method="post"><button name="cancel">Cancel</button></form>`)],
    ["a search form", html(`<form action="/search"><input name="q"></form>`)],
    ["a redirect elsewhere", redirect("https://app.example.com/goodbye")],
    ["a redirect elsewhere that would take the body along", redirect("https://evil.example/x", 307)],
  ])("sends nothing on: %s", async (_, page) => {
    provider.pages.set("POST /logout", page);
    expect(await end()).toBe(true);
    expect(provider.requests).toEqual(["POST /logout"]);
  });

  test("ends with a provider that asks without end", async () => {
    provider.pages.set("POST /logout", html(`<form action="/logout" method="post"><button>Log out</button></form>`));
    expect(await end()).toBe(true);
    expect(provider.requests.length).toBeLessThan(6);
  });

  test("that the provider refuses is an error without the token", async () => {
    provider.pages.set("POST /logout", html("eyJ.the.token is unknown", 400));
    expect(await failure(end())).toMatchObject({ code: "provider-refused", step: "logout", message: "id.example.com answers 400" });
    provider.pages.set("POST /logout", redirect("/logout", 307));
    expect(await failure(end())).toMatchObject({ step: "logout", message: expect.stringContaining("more than 20 redirects") });
  });

  test("is not tried where the provider does not offer it", async () => {
    const { end_session_endpoint: _, ...without } = metadata;
    metadata = without;
    expect(await end()).toBe(false);
    expect(provider.requests).toEqual([]);
  });
});

describe("revoking a refresh token", () => {
  test("names it and the client; any 200 is success", async () => {
    provider.pages.set("POST /revoke", { status: 200 });
    expect(await revoke()).toBe(true);
    expect(Object.fromEntries(provider.seen[0]?.form ?? [])).toEqual({
      token: "refresh-1",
      token_type_hint: "refresh_token",
      client_id: "client-1",
    });
  });

  test("shows the client's secret where there is one", async () => {
    provider.pages.set("POST /revoke", { status: 200 });
    await revoke({ clientSecret: { value: new Secret("s"), origin: { layer: "built-in" } } });
    expect(provider.seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from("client%2D1:s").toString("base64")}`);
  });

  test("that fails is an error without the token and the client's secret, though the provider repeats them", async () => {
    const says = { error: "invalid_request", error_description: "no refresh-1 for client-1 with hush-hush" };
    provider.pages.set("POST /revoke", json(says, 400));
    const { message } = await failure(revoke({ clientSecret: { value: new Secret("hush-hush"), origin: { layer: "built-in" } } }));
    expect(message).toBe("id.example.com refuses the login: invalid_request: no [secret] for client-1 with [secret]");
  });

  test("that fails is an error in the provider's words, without the token", async () => {
    provider.pages.set("POST /revoke", json({ error: "unsupported_token_type", error_description: "not here" }, 400));
    const { code, message } = await failure(revoke());
    expect({ code, message }).toEqual({
      code: "provider-refused",
      message: "id.example.com refuses the login: unsupported_token_type: not here",
    });
    provider.pages.set("POST /revoke", { status: 500, body: "refresh-1" });
    expect((await failure(revoke())).message).not.toContain("refresh-1");
  });

  test("is not tried where the provider does not offer it", async () => {
    const { revocation_endpoint: _, ...without } = metadata;
    metadata = without;
    expect(await revoke()).toBe(false);
  });
});
