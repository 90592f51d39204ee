import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { detectProvider, providerByHost } from "../../src/login/providers/detect.ts";
import type { Clock, Terminal } from "../../src/world.ts";
import {
  challenge,
  consentRequired,
  duoFrame,
  factors,
  lockedOut,
  mfaRequired,
  passwordWarn,
  push,
  rateLimited,
  refused,
  STATE_TOKEN,
  stepUpSuccess,
  stuck,
  success,
  unauthenticated,
  verifyPath,
  wrongCode,
  wrongPassword,
} from "../fakes/okta-authn.ts";
import { ACME as ORG, customPage, type FakeOrg, SESSION_TOKEN, startOrg } from "../fakes/okta-org.ts";
import { json, redirect } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const AUTHN = "/api/v1/authn";
const PASSWORD = "correct horse";
const given = { username: "alice", password: PASSWORD };

let org: FakeOrg;

beforeEach(async () => {
  org = await startOrg();
});

type Parts = Parameters<typeof loginOf>[1];

const attempt = (parts: Parts = {}, terminal: Terminal = person(), clock: Clock = movedClock()) =>
  logIn(loginOf(ORG, { ...given, ...parts }), toolsWith(org.provider.http, { terminal, clock }));

describe("a login at a Classic org", () => {
  it("goes by the Authentication API and makes the authorization request again with the session token", async () => {
    org.plan(AUTHN, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice", issuer: ORG });
    expect(org.bodies(AUTHN)).toEqual([{ username: "alice", password: PASSWORD }]);
    expect(org.provider.requests.filter((line) => line.endsWith("/v1/authorize"))).toHaveLength(2);
    expect(org.provider.seen.at(-3)?.url.searchParams.get("sessionToken")).toBe(SESSION_TOKEN);
  });

  it("asks for nothing while the session lasts", async () => {
    org.plan(AUTHN, success());
    const tools = toolsWith(org.provider.http);
    await logIn(loginOf(ORG, given), tools);
    await expect(logIn(loginOf(ORG, given), tools)).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(AUTHN)).toHaveLength(1);
  });

  it("does not know the session's cookie on another org", async () => {
    org.plan(AUTHN, success());
    await attempt();
    expect(org.provider.seen.filter(({ cookie }) => cookie.includes("sid=")).every(({ url }) => url.origin === ORG)).toBe(true);
  });

  it.each([
    ["with a trailing slash", "https://acme.okta.com/oauth2/"],
    ["as its guide shows it", "https://acme.okta.com/oauth2"],
    ["as its issuer", "https://acme.okta.com"],
  ])("takes the org's authorization server %s", async (_how, authUrl) => {
    org.plan(AUTHN, success());
    await expect(attempt({ authUrl })).resolves.toMatchObject({ issuer: ORG });
    expect(org.provider.requests[0]).toBe("GET /.well-known/openid-configuration");
  });

  it.each(["/oauth2/default", "/oauth2/aus1234"])("takes the custom authorization server %s", async (server) => {
    org = await startOrg({ origin: ORG, server });
    org.plan(AUTHN, success());
    await expect(attempt({ authUrl: `${ORG}${server}/` })).resolves.toMatchObject({ issuer: ORG + server });
  });

  it("finds an org under a custom domain by its discovery document", async () => {
    org = await startOrg({ origin: "https://login.acme.example", server: "/oauth2/default" });
    org.plan(AUTHN, success());
    await expect(attempt({ authUrl: "https://login.acme.example/oauth2/default" })).resolves.toMatchObject({ user: "alice" });
  });

  it("goes on with the transaction of the page, where it has one", async () => {
    org.provider.pages.set("GET /login/login.htm", customPage(STATE_TOKEN));
    org.plan(AUTHN, unauthenticated(), stepUpSuccess());
    org.provider.pages.set("GET /login/step-up/redirect", ({ url }) => {
      expect(url.searchParams.get("stateToken")).toBe(STATE_TOKEN);
      return org.provider.finish();
    });
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(AUTHN)).toEqual([{ stateToken: STATE_TOKEN }, { username: "alice", password: PASSWORD, stateToken: STATE_TOKEN }]);
  });

  it("asks for name and password on the terminal where none are known", async () => {
    org.plan(AUTHN, success());
    const terminal = person("bob", "hunter22");
    await logIn(loginOf(ORG), toolsWith(org.provider.http, { terminal }));
    expect(org.bodies(AUTHN)).toEqual([{ username: "bob", password: "hunter22" }]);
  });
});

describe("Okta", () => {
  const metadata = (endpoint: string) => ({
    issuer: "https://login.acme.example",
    authorization_endpoint: endpoint,
    token_endpoint: "https://login.acme.example/t",
    jwks_uri: "https://login.acme.example/oauth2/v1/keys",
    authorization_response_iss_parameter_supported: false,
  });

  it.each([
    ["https://acme.okta.com/oauth2/v1/authorize", "okta"],
    ["https://login.acme.example/oauth2/default/v1/authorize", "okta"],
    ["https://login.acme.example/oauth2/aus1/v1/authorize", "okta"],
    ["https://login.acme.example/oauth2/authorize", "oidc"],
    ["https://login.acme.example/x/oauth2/v1/authorize/y", "oidc"],
  ])("is told by its endpoint: %s is %s's", (endpoint, name) => {
    expect(detectProvider(metadata(endpoint)).name).toBe(name);
  });

  it.each([
    ["acme.okta.com", "okta"],
    ["acme.oktapreview.com", "okta"],
    ["acme.okta-emea.com", "okta"],
    ["acme.okta-gov.com", "okta"],
    ["acme.okta.mil", "okta"],
    ["acme.okta.com.evil.example", undefined],
    ["notokta.com", undefined],
    ["okta.com.example", undefined],
  ])("has its hosts told by their end: %s", (host, name) => {
    expect(providerByHost(host)?.name).toBe(name);
  });
});

describe("a password that the org refuses", () => {
  it("is tried once, where it was given", async () => {
    org.plan(AUTHN, wrongPassword);
    await expect(attempt()).rejects.toMatchObject({
      code: "credentials-refused",
      message: "acme.okta.com refuses the user name or password: Authentication failed",
    });
  });

  it("may be typed three times", async () => {
    org.plan(AUTHN, wrongPassword, wrongPassword, wrongPassword);
    const tools = toolsWith(org.provider.http, { terminal: person("a-1", "a-2", "a-3") });
    await expect(logIn(loginOf(ORG, { username: "alice" }), tools)).rejects.toMatchObject({ code: "credentials-refused" });
    expect(org.bodies(AUTHN).map(({ password }) => password)).toEqual(["a-1", "a-2", "a-3"]);
  });

  it("is good for all of a login once it was accepted, but the session token is used once", async () => {
    org.plan(AUTHN, success());
    org.provider.pages.set("GET /oauth2/v1/authorize", redirect(`${ORG}/login/login.htm?fromURI=x`));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("asks to log in again after a login that it took"),
      hint: expect.stringContaining("web_identity_redirect_uri = http://127.0.0.1:8400/callback"),
    });
    expect(org.bodies(AUTHN)).toHaveLength(1);
  });
});

describe("a state of the Authentication API", () => {
  it.each([
    ["PASSWORD_EXPIRED", "a new password: the old one has expired (PASSWORD_EXPIRED)"],
    ["PASSWORD_RESET", "a new password (PASSWORD_RESET)"],
    ["MFA_ENROLL", "a second factor to be set up (MFA_ENROLL)"],
    ["MFA_ENROLL_ACTIVATE", "the set-up of a second factor to be finished (MFA_ENROLL_ACTIVATE)"],
    ["RECOVERY", "the account's recovery to be finished (RECOVERY)"],
    ["RECOVERY_CHALLENGE", "the account's recovery to be finished (RECOVERY_CHALLENGE)"],
    ["ADMIN_CONSENT_REQUIRED", "an administrator's consent to what the app may do (ADMIN_CONSENT_REQUIRED)"],
  ])("that only a person can leave is named: %s", async (status, words) => {
    org.plan(AUTHN, stuck(status));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      step: "authn",
      message: `acme.okta.com asks for ${words}`,
      hint: "open https://acme.okta.com in a browser, do what it asks, then try again",
    });
  });

  it("LOCKED_OUT says how the account is unlocked", async () => {
    org.plan(AUTHN, lockedOut());
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: "acme.okta.com has locked the account: LOCKED_OUT",
      hint: "unlock it at https://acme.okta.com/signin/unlock, wait, or ask an administrator of the org",
    });
  });

  it("PASSWORD_WARN is told and skipped", async () => {
    const terminal = person("unused");
    org.plan(AUTHN, passwordWarn());
    org.plan("/api/v1/authn/skip", success());
    await attempt({}, terminal);
    expect(terminal.heard).toEqual(["the password at acme.okta.com expires in 5 days"]);
    expect(org.bodies("/api/v1/authn/skip")).toEqual([{ stateToken: STATE_TOKEN }]);
  });

  it("CONSENT_REQUIRED is agreed to", async () => {
    org.plan(AUTHN, consentRequired());
    org.plan("/api/v1/authn/consent", success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies("/api/v1/authn/consent")).toEqual([
      { stateToken: STATE_TOKEN, consent: { expiresAt: null, scopes: ["openid", "profile"] } },
    ]);
  });

  it("that is new is an answer that is not understood", async () => {
    org.plan(AUTHN, stuck("PALM_READING"));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: expect.stringContaining("(PALM_READING)") });
  });

  it("that comes again and again ends", async () => {
    org.plan(AUTHN, passwordWarn());
    org.plan("/api/v1/authn/skip", ...Array.from({ length: 15 }, passwordWarn));
    await expect(attempt({}, person("unused"))).rejects.toMatchObject({ code: "provider-answer" });
  });
});

describe("an error of the Authentication API", () => {
  it.each([
    [rateLimited, "API call exceeded rate limit due to too many requests (E0000047)", "wait a minute, then try again"],
    [refused(401, "E0000011", "Invalid token provided"), "Invalid token provided (E0000011)", "the login took too long: try again"],
    [
      refused(403, "E0000119", "Your account is locked. Please contact your administrator."),
      "(E0000119)",
      expect.stringContaining("/signin/unlock"),
    ],
    [
      refused(400, "E0000001", "Api validation failed: authRequest", "The password is missing."),
      "The password is missing (E0000001)",
      undefined,
    ],
  ])("is told in its words (%#)", async (step, words, hint) => {
    const isLater = step.status === 403;
    org.plan(AUTHN, isLater ? mfaRequired(factors.totp) : step);
    if (isLater) org.plan(verifyPath("ost1"), step);
    await expect(attempt({ mfaCode: "123456" })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(words),
      hint,
    });
  });

  it.each([403, 404, 405])("that is about the API itself (%i) leads to the browser", async (status) => {
    org.plan(AUTHN, refused(status, "E0000022", "The endpoint does not support the provided HTTP method"));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `acme.okta.com does not log in by its Authentication API (status ${status})`,
      hint: expect.stringContaining("log in with a browser"),
    });
  });

  it("without JSON in it is told by its status", async () => {
    org.plan(AUTHN, { status: 503, body: "<html>down</html>" });
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: "acme.okta.com answers 503" });
  });
});

describe("a code at Classic", () => {
  it.each([
    ["totp", "ost1"],
    ["hotp", "hot1"],
    ["rsa", "rsa1"],
    ["yubikey", "ykf1"],
  ] as const)("of %s is verified at once", async (name, id) => {
    org.plan(AUTHN, mfaRequired(factors[name]));
    org.plan(verifyPath(id), success());
    await expect(attempt({ mfaCode: "123456" })).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(verifyPath(id))).toEqual([{ stateToken: STATE_TOKEN, passCode: "123456" }]);
  });

  it.each([
    ["sms", "sms1", "SMS +1 XXX-XXX-1337"],
    ["call", "clf1", "voice call +1 XXX-XXX-7799"],
    ["email", "emf1", "e-mail a...e@acme.example"],
  ] as const)("by %s is sent, then asked for: one given beforehand is another", async (name, id, label) => {
    const terminal = person("654321");
    org.plan(AUTHN, mfaRequired(factors[name]));
    org.plan(verifyPath(id), challenge(name), success());
    await attempt({ mfaType: name, mfaCode: "123456" }, terminal);
    expect(org.bodies(verifyPath(id))).toEqual([{ stateToken: STATE_TOKEN }, { stateToken: STATE_TOKEN, passCode: "654321" }]);
    expect(terminal.heard).toEqual([`One-time code (${label}) for acme.okta.com`]);
  });

  it("that is wrong is asked for again, three times at most", async () => {
    org.plan(AUTHN, mfaRequired(factors.totp));
    org.plan(verifyPath("ost1"), wrongCode, refused(403, "E0000082", "Each code can only be used once."), wrongCode);
    await expect(attempt({ mfaCode: "111111" }, person("222222", "333333", "444444"))).rejects.toMatchObject({
      code: "code-refused",
      message: expect.stringContaining("Invalid Passcode/Answer: Your passcode doesn't match our records. Please try again"),
    });
    expect(org.bodies(verifyPath("ost1")).map(({ passCode }) => passCode)).toEqual(["111111", "222222", "333333"]);
  });

  it("that is wrong is not tried again where nobody is there", async () => {
    org.plan(AUTHN, mfaRequired(factors.totp));
    org.plan(verifyPath("ost1"), wrongCode);
    await expect(attempt({ mfaCode: "111111" })).rejects.toMatchObject({ code: "code-refused" });
  });

  it("is needed of a person, who is not there", async () => {
    org.plan(AUTHN, mfaRequired(factors.totp));
    await expect(attempt()).rejects.toMatchObject({ code: "person-needed" });
  });

  it("is not asked for again after too many tries", async () => {
    org.plan(AUTHN, mfaRequired(factors.totp));
    org.plan(verifyPath("ost1"), refused(403, "E0000069", "User Locked", "Maximum number of attempts exceeded"));
    await expect(attempt({ mfaCode: "111111" })).rejects.toMatchObject({
      code: "provider-refused",
      step: "second factor",
      hint: expect.stringContaining("/signin/unlock"),
    });
  });
});

describe("a security question at Classic", () => {
  it("is asked on the terminal, without echo, and again while it is refused", async () => {
    const terminal = person("mayo", "mayonnaise");
    org.plan(AUTHN, mfaRequired(factors.question));
    org.plan(verifyPath("ufs1"), wrongCode, success());
    await attempt({}, terminal);
    expect(org.bodies(verifyPath("ufs1"))).toEqual([
      { stateToken: STATE_TOKEN, answer: "mayo" },
      { stateToken: STATE_TOKEN, answer: "mayonnaise" },
    ]);
    expect(terminal.heard[0]).toBe("What is the food you least liked as a child? (acme.okta.com)");
    expect(terminal.heard[1]).toContain("refuses the answer: Invalid Passcode/Answer");
  });

  it("needs a person", async () => {
    org.plan(AUTHN, mfaRequired(factors.question));
    await expect(attempt()).rejects.toMatchObject({ code: "person-needed", message: expect.stringContaining("security question") });
  });
});

describe("a push at Classic", () => {
  it("that is followed by another one and another one is waited for ten minutes in all", async () => {
    org.plan(AUTHN, mfaRequired(factors.push));
    let polls = 0;
    // Four minutes each.
    org.provider.pages.set(`POST ${verifyPath("opf1")}`, () => ((polls += 1) % 120 === 0 ? mfaRequired(factors.push) : push("WAITING")));
    const clock = movedClock();
    const startedAt = clock.now();
    await expect(attempt({}, person("nothing"), clock)).rejects.toMatchObject({ code: "approval-refused" });
    expect(clock.now() - startedAt).toBeLessThan(11 * 60_000);
  });

  it("is polled until it is approved", async () => {
    const [terminal, clock] = [person("unused"), movedClock()];
    org.plan(AUTHN, mfaRequired(factors.push));
    org.plan(verifyPath("opf1"), push("WAITING"), push("WAITING"), push("WAITING"), success());
    await expect(attempt({}, terminal, clock)).resolves.toMatchObject({ user: "alice" });
    expect(terminal.heard).toEqual(["Approve the login at acme.okta.com in Okta Verify"]);
    expect(clock.sleptMs).toBe(4000);
  });

  it("shows the number to pick, which comes late", async () => {
    const terminal = person("unused");
    org.plan(AUTHN, mfaRequired(factors.push));
    org.plan(verifyPath("opf1"), push("WAITING"), push("WAITING"), push("WAITING", 92), push("WAITING", 92), success());
    await attempt({}, terminal);
    const words = "Approve the login at acme.okta.com in Okta Verify";
    expect(terminal.heard).toEqual([words, `${words} [92]`]);
  });

  it.each([
    ["REJECTED", "says that the login was denied in Okta Verify"],
    ["TIMEOUT", "says that nobody answered in Okta Verify in time"],
  ])("that ends with %s is an error, and no other is sent", async (result, words) => {
    org.plan(AUTHN, mfaRequired(factors.push));
    org.plan(verifyPath("opf1"), push("WAITING"), push(result));
    await expect(attempt()).rejects.toMatchObject({ code: "approval-refused", step: "second factor", message: `acme.okta.com ${words}` });
  });

  it("that nobody answers ends after five minutes", async () => {
    const clock = movedClock();
    org.plan(AUTHN, mfaRequired(factors.push));
    org.provider.pages.set(`POST ${verifyPath("opf1")}`, push("WAITING"));
    await expect(attempt({}, person(), clock)).rejects.toMatchObject({ code: "approval-refused" });
    expect(clock.sleptMs).toBeGreaterThanOrEqual(296_000);
    expect(clock.sleptMs).toBeLessThanOrEqual(302_000);
  });

  it("with a number that nobody can see is not waited for", async () => {
    const clock = movedClock();
    org.plan(AUTHN, mfaRequired(factors.push));
    org.plan(verifyPath("opf1"), push("WAITING"), push("WAITING", 92));
    await expect(attempt({}, person(), clock)).rejects.toMatchObject({
      code: "person-needed",
      message: "acme.okta.com asks for a number to be picked on another device, and there is no terminal to show it on",
    });
    expect(clock.sleptMs).toBeLessThan(5_000);
  });

  it("is not sent where nobody is there", async () => {
    org.plan(AUTHN, mfaRequired(factors.push));
    await expect(attempt({}, { ...person(), isUnattended: true })).rejects.toMatchObject({ code: "person-needed" });
  });

  it("whose number changes with every answer ends as well", async () => {
    let number = 0;
    const clock = movedClock();
    org.plan(AUTHN, mfaRequired(factors.push));
    org.provider.pages.set(`POST ${verifyPath("opf1")}`, () => push("WAITING", (number += 1)));
    await expect(attempt({}, person("unused"), clock)).rejects.toMatchObject({ code: "approval-refused" });
    expect(clock.sleptMs).toBeLessThanOrEqual(304_000);
  });

  it("waits on where polls come too fast", async () => {
    org.plan(AUTHN, mfaRequired(factors.push));
    org.plan(verifyPath("opf1"), push("WAITING"), rateLimited, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("in a state that is none is not understood", async () => {
    org.plan(AUTHN, mfaRequired(factors.push));
    org.plan(verifyPath("opf1"), push("PERHAPS"));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: "second factor" });
  });
});

describe("the choice of factors at Classic", () => {
  it("is mfa_type's", async () => {
    org.plan(AUTHN, mfaRequired(factors.push, factors.totp, factors.sms));
    org.plan(verifyPath("sms1"), challenge("sms"), success());
    await expect(attempt({ mfaType: "sms" }, person("123456"))).resolves.toMatchObject({ user: "alice" });
  });

  it("is the person's, and kept", async () => {
    const terminal = person("Google Authenticator code", "123456");
    org.plan(AUTHN, mfaRequired(factors.push, factors.totp, factors.webauthn));
    org.plan(verifyPath("ost1"), success());
    await attempt({}, terminal);
    expect(terminal.heard[0]).toBe("Second factor for acme.okta.com: Okta Verify push | Google Authenticator code");
  });

  it("names what is offered where mfa_type is another", async () => {
    org.plan(AUTHN, mfaRequired(factors.totp, factors.webauthn));
    await expect(attempt({ mfaType: "push" })).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining(
        "offers Google Authenticator code (totp), security key or biometric (webauthn), but mfa_type is push",
      ),
    });
  });

  it("names a security key as needing a browser where it is the only one", async () => {
    org.plan(AUTHN, mfaRequired(factors.webauthn));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable", hint: expect.stringContaining("log in with a browser") });
  });

  it("names Duo's traditional prompt as needing a browser", async () => {
    org.plan(AUTHN, mfaRequired(factors.duo));
    org.plan(verifyPath("dsf1"), duoFrame());
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: "acme.okta.com asks for Duo's traditional prompt, which needs a browser",
      hint: expect.stringContaining("Universal Prompt"),
    });
  });

  it("goes on with a factor that the page's transaction is about already", async () => {
    org.provider.pages.set("GET /login/login.htm", customPage(STATE_TOKEN));
    org.plan(AUTHN, challenge("sms"));
    org.plan(verifyPath("sms1"), stepUpSuccess());
    org.provider.pages.set("GET /login/step-up/redirect", () => org.provider.finish());
    await expect(attempt({}, person("123456"))).resolves.toMatchObject({ user: "alice" });
  });
});

describe("an answer of the Authentication API that is wrong", () => {
  const shapes = [json([]), json({}), json("SUCCESS"), { body: "<html>" }, json({ status: 7 }), json({ status: ["SUCCESS"] })];

  it.each(shapes)("as the first one names the step (%#)", async (shape) => {
    org.plan(AUTHN, shape);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: "authn" });
  });

  it.each(shapes)("at the second factor names the step (%#)", async (shape) => {
    org.plan(AUTHN, mfaRequired(factors.totp));
    org.plan(verifyPath("ost1"), shape);
    await expect(attempt({ mfaCode: "123456" })).rejects.toMatchObject({ code: "provider-answer" });
  });

  it.each([
    ["without a session token", json({ status: "SUCCESS" })],
    ["without a state token", json({ status: "MFA_REQUIRED", _embedded: { factors: [factors.totp] } })],
    [
      "with a factor that has no address",
      json({ status: "MFA_REQUIRED", stateToken: STATE_TOKEN, _embedded: { factors: [{ factorType: "push" }] } }),
    ],
  ])("%s is not understood", async (_how, step) => {
    org.plan(AUTHN, step);
    await expect(attempt({ mfaCode: "1", mfaType: "auto" }, person("x"))).rejects.toMatchObject({ code: "provider-answer" });
  });

  it("with no factors at all says that the user has none", async () => {
    org.plan(AUTHN, json({ status: "MFA_REQUIRED", stateToken: STATE_TOKEN, _embedded: { factors: "many" } }));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable", message: expect.stringContaining("this user has none") });
  });

  it.each([
    "https://evil.example/verify",
    "https://acme.okta.com:8443/verify",
    "http://acme.okta.com/verify",
    "data:text/html,x",
    "javascript:x",
  ])("that leads to %s is not followed", async (href) => {
    org.plan(AUTHN, mfaRequired({ ...factors.totp, _links: { verify: { href } } }));
    await expect(attempt({ mfaCode: "123456" })).rejects.toMatchObject({ code: "untrusted-destination" });
  });

  it("that skips to another origin is not followed", async () => {
    org.plan(AUTHN, json({ status: "PASSWORD_WARN", stateToken: STATE_TOKEN, _links: { skip: { href: "https://evil.example/skip" } } }));
    await expect(attempt()).rejects.toMatchObject({
      code: "untrusted-destination",
      message: expect.stringContaining("https://evil.example"),
    });
  });
});

describe("what is told of a login at Okta", () => {
  const secrets = [PASSWORD, "123456", SESSION_TOKEN, STATE_TOKEN];

  it.each([
    ["works", success()],
    ["is refused", refused(403, "E0000068", `code 123456 of ${PASSWORD} is wrong`)],
    ["is not understood", json({ stateToken: STATE_TOKEN, status: "ODD", sessionToken: SESSION_TOKEN })],
  ])("holds no secret when it %s", async (_how, last) => {
    org.provider.pages.set("GET /login/login.htm", customPage(STATE_TOKEN));
    org.plan(AUTHN, unauthenticated(), mfaRequired(factors.totp));
    org.plan(verifyPath("ost1"), last);
    const tools = toolsWith(org.provider.http);
    const outcome = await logIn(loginOf(ORG, { ...given, mfaCode: "123456" }), tools).catch((error: unknown) => error);
    const told = `${tools.lines.join("\n")}\n${outcome instanceof Error ? `${outcome.stack} ${JSON.stringify(outcome)}` : ""}`;
    expect(tools.lines.join()).toContain("POST https://acme.okta.com/api/v1/authn");
    for (const secret of secrets) expect(told).not.toContain(secret);
  });
});
