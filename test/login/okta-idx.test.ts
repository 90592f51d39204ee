import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import type { Clock, Terminal } from "../../src/world.ts";
import * as classic from "../fakes/okta-authn.ts";
import {
  answer,
  challenge,
  consent,
  deviceProbe,
  enrolled,
  fields,
  HANDLE,
  identify,
  identifyWithPassword,
  keepMeSignedIn,
  message,
  PAGE_TOKEN,
  PATHS,
  providers,
  push,
  remediation,
  select,
  success,
  verificationData,
  wrongPassword,
  wrongTotp,
} from "../fakes/okta-idx.ts";
import { ACME as ORG, classicPage, customPage, enginePage, type FakeOrg, startOrg, withSession } from "../fakes/okta-org.ts";
import { type Answer, html, json, redirect } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const PASSWORD = "correct horse";
const given = { username: "alice", password: PASSWORD };
const { introspect, identify: IDENTIFY, select: SELECT, answer: ANSWER, poll: POLL, skip: SKIP } = PATHS;

let org: FakeOrg;

/** The sign-in page is the authorization endpoint's own answer, and a login ends by a redirect from the org. */
beforeEach(async () => {
  org = await startOrg();
  org.provider.pages.set("GET /oauth2/v1/authorize", ({ cookie }) =>
    cookie.includes("sid=") ? org.provider.finish() : enginePage(PAGE_TOKEN),
  );
  org.provider.pages.set("GET /login/token/redirect", ({ url }) =>
    url.searchParams.get("stateToken") === HANDLE ? withSession(org.provider.finish()) : { status: 500 },
  );
});

type Parts = Parameters<typeof loginOf>[1];

const attempt = (parts: Parts = {}, terminal: Terminal = person(), clock: Clock = movedClock()) =>
  logIn(loginOf(ORG, { ...given, ...parts }), toolsWith(org.provider.http, { terminal, clock }));

/** Name and password are right; then comes `next`. */
function planPassword(next: Answer): void {
  org.plan(introspect, identifyWithPassword());
  org.plan(IDENTIFY, next);
}

const handle = { stateHandle: HANDLE };

describe("a login at Identity Engine", () => {
  it("begins with the state token of the page and ends at the address that the last answer names", async () => {
    planPassword(success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice", issuer: ORG });
    expect(org.bodies(introspect)).toEqual([{ stateToken: PAGE_TOKEN }]);
    expect(org.bodies(IDENTIFY)).toEqual([{ identifier: "alice", credentials: { passcode: PASSWORD }, ...handle }]);
    expect(org.provider.requests).not.toContain("POST /api/v1/authn");
  });

  it("asks for nothing while the session lasts", async () => {
    planPassword(success());
    const tools = toolsWith(org.provider.http);
    await logIn(loginOf(ORG, given), tools);
    await expect(logIn(loginOf(ORG, given), tools)).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(IDENTIFY)).toHaveLength(1);
  });

  it("finds the token in the page of a custom domain", async () => {
    org.provider.pages.set("GET /oauth2/v1/authorize", customPage(PAGE_TOKEN));
    planPassword(success());
    await attempt();
    expect(org.bodies(introspect)).toEqual([{ stateToken: PAGE_TOKEN }]);
  });

  it("gives the password on a page of its own, or after it was selected", async () => {
    org.plan(introspect, identify());
    org.plan(IDENTIFY, select([enrolled.password, enrolled.email]));
    org.plan(SELECT, challenge(enrolled.password, [fields.password]));
    org.plan(ANSWER, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(IDENTIFY)).toEqual([{ identifier: "alice", ...handle }]);
    expect(org.bodies(SELECT)).toEqual([{ authenticator: { id: "aut-password", methodType: "password" }, ...handle }]);
    expect(org.bodies(ANSWER)).toEqual([{ credentials: { passcode: PASSWORD }, ...handle }]);
  });

  it.each([
    ["consent", consent, "/idp/idx/consent", { consent: true }],
    ["staying signed in", keepMeSignedIn, "/idp/idx/keep-me-signed-in", { keepMeSignedIn: true }],
  ])("agrees to %s", async (_what, step, path, body) => {
    planPassword(step);
    org.plan(path, success());
    await attempt();
    expect(org.bodies(path)).toEqual([{ ...body, ...handle }]);
  });

  it("skips what may be skipped: an authenticator to set up, a password that will expire", async () => {
    const skip = remediation("skip", SKIP);
    planPassword(answer([remediation("select-authenticator-enroll", "/idp/idx/credential/enroll"), skip]));
    org.plan(SKIP, answer([remediation("reenroll-authenticator-warning", ANSWER), skip]), success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(SKIP)).toEqual([handle, handle]);
  });

  it("takes the address of a success that comes as a remediation", async () => {
    planPassword(answer([{ name: "success-redirect", href: `${ORG}/login/token/redirect?stateToken=${HANDLE}`, method: "GET" }]));
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("tells the refusal that the app is redirected with", async () => {
    planPassword(answer([{ name: "failure-redirect", href: `${ORG}/login/failed`, method: "GET" }]));
    org.provider.pages.set("GET /login/failed", () =>
      org.provider.finish({ code: "", error: "access_denied", error_description: "Policy" }),
    );
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("access_denied: Policy") });
  });
});

describe("a name or password that Identity Engine refuses", () => {
  it("is tried once, where it was given", async () => {
    planPassword(identifyWithPassword({ status: 401, messages: [message("Authentication failed", "errors.E0000004")] }));
    await expect(attempt()).rejects.toMatchObject({
      code: "credentials-refused",
      message: "acme.okta.com refuses the user name or password: Authentication failed",
    });
  });

  it("is tried once on a page of its own as well", async () => {
    org.plan(introspect, identify());
    org.plan(IDENTIFY, challenge(enrolled.password, [fields.password]));
    org.plan(ANSWER, wrongPassword);
    await expect(attempt()).rejects.toMatchObject({
      code: "credentials-refused",
      message: expect.stringContaining("Password is incorrect"),
    });
  });

  it("may be typed again", async () => {
    org.plan(introspect, identify());
    org.plan(IDENTIFY, challenge(enrolled.password, [fields.password]));
    org.plan(ANSWER, wrongPassword, success());
    const tools = toolsWith(org.provider.http, { terminal: person("wrong", "right") });
    await logIn(loginOf(ORG, { username: "alice" }), tools);
    expect(org.bodies(ANSWER).map(({ credentials }) => credentials)).toEqual([{ passcode: "wrong" }, { passcode: "right" }]);
  });

  it("is named as unknown where the org says so", async () => {
    org.plan(introspect, identify());
    org.plan(IDENTIFY, identify({ status: 400, messages: [message("There is no account with the Username alice.", "idx.unknown.user")] }));
    await expect(attempt()).rejects.toMatchObject({ code: "credentials-refused", message: expect.stringContaining("no account") });
  });
});

describe("a code at Identity Engine", () => {
  it.each([
    ["Okta Verify", enrolled.verify, fields.totp, "totp", "totp"],
    ["Google Authenticator", enrolled.google, fields.passcode, "otp", "passcode"],
    ["a YubiKey", enrolled.yubikey, fields.passcode, "otp", "passcode"],
  ] as const)("of %s is sent under the name that its form has", async (_name, of, field, method, name) => {
    planPassword(challenge(of, [field], { method }));
    org.plan(ANSWER, success());
    await attempt({ mfaCode: "123456" });
    expect(org.bodies(ANSWER)).toEqual([{ credentials: { [name]: "123456" }, ...handle }]);
  });

  it.each([
    ["sms", enrolled.phone, { id: "aut-phone", methodType: "sms", enrollmentId: "pae1" }, "sms", "Phone SMS +1 XXX-XXX-5309"],
    ["call", enrolled.phone, { id: "aut-phone", methodType: "voice", enrollmentId: "pae1" }, "voice", "Phone voice call +1 XXX-XXX-5309"],
    ["email", enrolled.email, { id: "aut-email", methodType: "email" }, "email", "Email a***e@acme.example"],
  ] as const)("by %s is sent to the person, then asked for", async (mfaType, of, authenticator, method, label) => {
    const terminal = person("654321");
    planPassword(select([enrolled.webauthn, of]));
    org.plan(SELECT, challenge(of, [fields.passcode], { method }));
    org.plan(ANSWER, success());
    await attempt({ mfaType, mfaCode: "123456" }, terminal);
    expect(org.bodies(SELECT)).toEqual([{ authenticator, ...handle }]);
    expect(org.bodies(ANSWER)).toEqual([{ credentials: { passcode: "654321" }, ...handle }]);
    expect(terminal.heard).toEqual([`One-time code (${label}) for acme.okta.com`]);
  });

  it("goes to the number that was chosen of two", async () => {
    planPassword(select([enrolled.phone, enrolled.secondPhone]));
    org.plan(SELECT, challenge(enrolled.secondPhone, [fields.passcode], { method: "sms" }));
    org.plan(ANSWER, success());
    await attempt({}, person("Phone SMS +1 XXX-XXX-5310", "654321"));
    expect(org.bodies(SELECT)).toEqual([{ authenticator: { id: "aut-phone", methodType: "sms", enrollmentId: "pae2" }, ...handle }]);
  });

  it("that is wrong is asked for again, three times at most, the message being at its field", async () => {
    planPassword(challenge(enrolled.verify, [fields.totp], { method: "totp", others: [enrolled.verify] }));
    org.plan(ANSWER, wrongTotp, wrongTotp, wrongTotp);
    await expect(attempt({ mfaType: "totp" }, person("111111", "222222", "333333", "444444"))).rejects.toMatchObject({
      code: "code-refused",
      message: "acme.okta.com refuses the one-time code: Invalid code. Try again",
    });
  });

  it("may be wanted of two authenticators, one after the other", async () => {
    planPassword(challenge(enrolled.google, [fields.passcode]));
    org.plan(ANSWER, challenge(enrolled.verify, [fields.totp], { method: "totp" }), success());
    await attempt({}, person("111111", "222222"));
    expect(org.bodies(ANSWER).map(({ credentials }) => credentials)).toEqual([{ passcode: "111111" }, { totp: "222222" }]);
  });

  it("is not asked for again once the factor is suspended", async () => {
    const suspended = message(
      "This factor is suspended for your account due to too many failed attempts",
      "authfactor.challenge.suspended_factor",
    );
    planPassword(challenge(enrolled.google, [fields.passcode]));
    org.plan(ANSWER, challenge(enrolled.google, [fields.passcode], { status: 403, messages: [suspended] }));
    await expect(attempt({ mfaCode: "123456" })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("has locked the account: This factor is suspended"),
      hint: expect.stringContaining("/signin/unlock"),
    });
  });
});

describe("a security question at Identity Engine", () => {
  it("is asked on the terminal, and its key goes along", async () => {
    const terminal = person("Lisbon");
    planPassword(select([enrolled.question]));
    org.plan(SELECT, challenge(enrolled.question, [fields.questionKey, fields.answer]));
    org.plan(ANSWER, success());
    await attempt({}, terminal);
    expect(terminal.heard).toEqual(["Where did you go for your favorite vacation? (acme.okta.com)"]);
    expect(org.bodies(ANSWER)).toEqual([{ credentials: { questionKey: "favorite_vacation_location", answer: "Lisbon" }, ...handle }]);
  });
});

describe("a push at Identity Engine", () => {
  const pushIs = { authenticator: { id: "aut-verify", methodType: "push" }, ...handle };

  it("is selected, shown with its number, and polled as often as Okta says", async () => {
    const [terminal, clock] = [person("unused"), movedClock()];
    planPassword(select([enrolled.verify]));
    org.plan(SELECT, push("10"));
    org.plan(POLL, push("10"), push("10"), success());
    await attempt({ mfaType: "push" }, terminal, clock);
    expect(org.bodies(SELECT)).toEqual([pushIs]);
    expect(org.bodies(POLL)).toEqual([handle, handle, handle]);
    expect(terminal.heard).toEqual(["Approve the login at acme.okta.com in Okta Verify push Alice's phone [10]"]);
    expect(clock.sleptMs).toBe(8000);
  });

  it("shows a number that comes late", async () => {
    const terminal = person("unused");
    planPassword(push());
    org.plan(POLL, push(), push("77"), success());
    await attempt({}, terminal);
    expect(terminal.heard.at(-1)).toMatch(/\[77\]$/);
  });

  it("is confirmed where Okta waits to be told to send it", async () => {
    planPassword(
      verificationData({
        ...enrolled.verify,
        fields: [
          { name: "id", value: "aut-verify" },
          { name: "methodType", value: "push" },
        ],
      }),
    );
    org.plan(SELECT, push());
    org.plan(POLL, success());
    await attempt();
    expect(org.bodies(SELECT)).toEqual([pushIs]);
  });

  it.each([
    ["api.authn.poll.error.push_rejected", "You have chosen to reject this login.", "says that the login was denied"],
    ["idx.operation.cancelled.on.other.device", "Access denied on other device.", "says that the login was denied"],
    ["core.system.transaction_resource_not_found", "Verification timed out.", "says that nobody answered in time"],
    ["something.new", "Not today.", "says: Not today"],
  ])("that ends with %s is an error, and no other is sent", async (key, text, words) => {
    planPassword(push());
    org.plan(POLL, push(), select([enrolled.verify], { status: 400, messages: [message(text, key)] }));
    await expect(attempt()).rejects.toMatchObject({ code: "approval-refused", message: expect.stringContaining(words) });
  });

  it("that nobody answers ends after five minutes", async () => {
    const clock = movedClock();
    planPassword(push());
    org.provider.pages.set(`POST ${POLL}`, push());
    await expect(attempt({}, person(), clock)).rejects.toMatchObject({ code: "approval-refused" });
    expect(clock.sleptMs).toBeGreaterThanOrEqual(296_000);
    expect(clock.sleptMs).toBeLessThanOrEqual(304_000);
  });

  it("waits on where polls come too fast", async () => {
    planPassword(push());
    org.plan(POLL, classic.rateLimited, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });
});

describe("the choice of authenticators at Identity Engine", () => {
  const others = [enrolled.verify, enrolled.google, enrolled.webauthn];

  it("is the person's among those that can be used, and kept for the next login", async () => {
    const terminal = person("Google Authenticator code", "123456");
    planPassword(select(others));
    org.plan(SELECT, challenge(enrolled.google, [fields.passcode], { others }));
    org.plan(ANSWER, success());
    const tools = toolsWith(org.provider.http, { terminal });
    await logIn(loginOf(ORG, given), tools);
    expect(terminal.heard[0]).toBe(
      "Second factor for acme.okta.com: Okta Verify push Alice's phone | Okta Verify code Alice's phone | Google Authenticator code",
    );
    expect([...tools.store.entries.values()]).toContain('"totp Google Authenticator code"');
  });

  it("is mfa_type's, though Okta has picked another", async () => {
    planPassword(challenge(enrolled.google, [fields.passcode], { others }));
    org.plan(SELECT, push());
    org.plan(POLL, success());
    await attempt({ mfaType: "push" });
    expect(org.bodies(SELECT)).toEqual([{ authenticator: { id: "aut-verify", methodType: "push" }, ...handle }]);
  });

  it("goes around a passkey that Okta has picked", async () => {
    planPassword(challenge(enrolled.webauthn, [fields.assertion], { others: [enrolled.webauthn, enrolled.google] }));
    org.plan(SELECT, challenge(enrolled.google, [fields.passcode]));
    org.plan(ANSWER, success());
    await expect(attempt({ mfaCode: "123456" })).resolves.toMatchObject({ user: "alice" });
  });

  it("goes around FastPass that Okta has picked", async () => {
    const current = { type: "object", value: { key: "okta_verify", displayName: "Okta Verify", methods: [{ type: "signed_nonce" }] } };
    const fastPass = select([enrolled.verify]);
    const body = JSON.parse(fastPass.body ?? "") as { remediation: { value: object[] } };
    body.remediation.value.unshift(remediation("challenge-poll", "/idp/idx/authenticators/poll"));
    planPassword(json({ ...body, currentAuthenticator: current }));
    org.plan(SELECT, push());
    org.plan(POLL, success());
    await attempt({ mfaType: "push" });
    expect(org.bodies(SELECT)).toHaveLength(1);
  });

  it("names a passkey as needing a browser where it is the only one", async () => {
    planPassword(challenge(enrolled.webauthn, [fields.assertion]));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: "acme.okta.com asks for Security Key or Biometric (webauthn)",
      hint: expect.stringContaining("log in with a browser"),
    });
  });

  it("names Duo's traditional prompt as needing a browser", async () => {
    planPassword(challenge(enrolled.duo, [fields.assertion]));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: "acme.okta.com asks for Duo's traditional prompt, which needs a browser",
    });
  });

  it("is not tried again where Okta refuses it, whatever it says", async () => {
    planPassword(select([enrolled.phone, enrolled.google]));
    org.plan(SELECT, select([enrolled.phone, enrolled.google], { status: 400, messages: [message("Not this one.", "something.new")] }));
    await expect(attempt({ mfaType: "sms" })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("Not this one"),
    });
  });

  it("tells what Okta says when the chosen one cannot be used", async () => {
    const limit = message("You have reached the limit of sms requests, please try again later.", "errors.E0000150");
    planPassword(select([enrolled.phone, enrolled.google]));
    org.plan(SELECT, select([enrolled.phone, enrolled.google], { status: 429, messages: [limit] }));
    await expect(attempt({ mfaType: "sms" })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("limit of sms requests"),
      hint: "wait a minute, then try again",
    });
  });
});

describe("Okta Verify on this device", () => {
  it("is not waited for: the login goes on as on a device without it", async () => {
    org.plan(introspect, deviceProbe());
    org.plan("/idp/idx/authenticators/poll/cancel", identifyWithPassword());
    org.plan(IDENTIFY, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies("/idp/idx/authenticators/poll/cancel")).toEqual([
      { ...handle, reason: "OV_UNREACHABLE_BY_LOOPBACK", statusCode: null },
    ]);
  });

  it("is named where there is no way around it", async () => {
    org.plan(introspect, deviceProbe(false));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("Okta Verify on this device (FastPass)"),
    });
  });
});

describe("what only a person can do at Identity Engine", () => {
  it.each([
    ["reenroll-authenticator", "a new password: the old one has expired or was reset"],
    ["reset-authenticator", "a new password: the old one has expired or was reset"],
    ["select-authenticator-enroll", "an authenticator to be set up"],
    ["enroll-authenticator", "an authenticator to be set up"],
    ["enroll-poll", "an authenticator to be set up"],
    ["enroll-profile", "the user's profile to be completed"],
    ["admin-consent", "an administrator's consent to what the app may do"],
    ["unlock-account", "the account to be unlocked"],
    ["constructor", "something that aws-runas does not know"],
  ])("is named: %s", async (name, words) => {
    planPassword(answer([remediation(name, "/idp/idx/other")]));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: `acme.okta.com asks for ${words} (${name})`,
      hint: "open https://acme.okta.com in a browser, do what it asks, then try again",
    });
  });

  it("is a captcha", async () => {
    org.plan(introspect, identifyWithPassword({ more: { captcha: { type: "object", value: { type: "HCAPTCHA", siteKey: "x" } } } }));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable", message: expect.stringContaining("a captcha") });
  });

  it("is told by a note", async () => {
    planPassword(answer([], { messages: [message("To finish signing in, check your email.", "idx.email.verification.required", "INFO")] }));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable", message: expect.stringContaining("check your email") });
  });
});

describe("a refusal by Identity Engine", () => {
  it.each([
    [403, "security.access_denied", "You do not have permission to perform the requested action.", undefined],
    [401, "idx.session.expired", "You have been logged out due to inactivity.", "the login took too long: try again"],
    [429, "tooManyRequests", "Too many requests", "wait a minute, then try again"],
    [
      400,
      "idx.error.user.not.assigned.to.app",
      "User is not assigned to this application.",
      "have an administrator assign the app to the user or one of its groups",
    ],
    [400, "oie.assurance.unsatisfiable", 'Unable to login to "aws" at this time.', undefined],
  ])("is told in its words (%i %s), whatever else the answer offers", async (status, key, text, hint) => {
    planPassword(identify({ status, messages: [message(text, key)] }));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `acme.okta.com refuses the login: ${text.replace(/\.$/, "")}`,
      hint,
    });
  });

  it("that offers nothing is told", async () => {
    planPassword(answer([], { status: 403, messages: [message("Go away.", "new.key")] }));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: "acme.okta.com refuses the login: Go away" });
  });

  it("in the API's own form is told", async () => {
    planPassword(classic.refused(403, "E0000006", "You do not have permission to perform the requested action"));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("(E0000006)") });
  });
});

describe("an org that is of the other engine than its page says", () => {
  it("goes on at Classic, before a password was sent", async () => {
    org.plan(introspect, classic.refused(404, "E0000007", "Not found: Resource not found"));
    org.plan("/api/v1/authn", classic.unauthenticated(), classic.stepUpSuccess());
    org.provider.pages.set("GET /login/step-up/redirect", () => org.provider.finish());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies("/api/v1/authn")[0]).toEqual({ stateToken: PAGE_TOKEN });
  });

  it("goes on at Identity Engine, before a password was sent", async () => {
    org.provider.pages.set("GET /oauth2/v1/authorize", customPage(classic.STATE_TOKEN));
    org.plan("/api/v1/authn", classic.refused(401, "E0000011", "Invalid token provided"));
    planPassword(success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(introspect)).toEqual([{ stateToken: classic.STATE_TOKEN }]);
  });

  it("begins anew where neither knows the page's transaction", async () => {
    org.provider.pages.set("GET /oauth2/v1/authorize", ({ url }) =>
      url.searchParams.has("sessionToken") ? org.provider.finish() : enginePage(PAGE_TOKEN),
    );
    org.plan(introspect, classic.refused(404, "E0000007", "Not found"));
    org.plan("/api/v1/authn", classic.refused(401, "E0000011", "Invalid token provided"), classic.success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies("/api/v1/authn").filter(({ password }) => password !== undefined)).toHaveLength(1);
  });

  it("may want more after Classic's session: an accepted password is no refused one", async () => {
    org.provider.pages.set("GET /oauth2/v1/authorize", ({ url }) =>
      url.searchParams.has("sessionToken") ? enginePage(PAGE_TOKEN) : redirect(`${ORG}/login/login.htm?fromURI=x`),
    );
    org.plan("/api/v1/authn", classic.success());
    org.plan(introspect, identifyWithPassword());
    org.plan(IDENTIFY, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });
});

describe("a login that leads to another provider", () => {
  it("follows the only one, and goes on when it comes back", async () => {
    org.plan(introspect, providers("partner"), success());
    org.provider.pages.set("GET /sso/idps/partner", redirect("https://partner.example/login"));
    org.provider.pages.set(
      "GET https://partner.example/login",
      html('<form method="post" action="/in"><input name="username"><input type="password" name="password"></form>'),
    );
    org.provider.pages.set("POST https://partner.example/in", redirect(`${ORG}/oauth2/v1/authorize/callback`, 303));
    org.provider.pages.set("GET /oauth2/v1/authorize/callback", enginePage("02.id.second"));
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(introspect)).toEqual([{ stateToken: PAGE_TOKEN }, { stateToken: "02.id.second" }]);
  });

  it("logs in at another org, whose session begins with its own address, and comes back", async () => {
    const PARTNER = "https://partner.okta.com";
    const target = `${PARTNER}/app/acme/sso/saml?RelayState=x`;
    org.plan(introspect, providers("partner"), success());
    org.provider.pages.set(
      "GET /sso/idps/partner",
      redirect(`${PARTNER}/login/login.htm?fromURI=${encodeURIComponent("/app/acme/sso/saml?RelayState=x")}`),
    );
    org.provider.pages.set(`GET ${PARTNER}/login/login.htm`, classicPage());
    org.provider.pages.set(`POST ${PARTNER}/api/v1/authn`, json({ status: "SUCCESS", sessionToken: "partner-session" }));
    org.provider.pages.set(`GET ${PARTNER}/login/sessionCookieRedirect`, ({ url }) => redirect(url.searchParams.get("redirectUrl") ?? ""));
    const post =
      '<form method="post" action="https://acme.okta.com/sso/saml2/partner"><input type="hidden" name="SAMLResponse" value="x"></form>';
    org.provider.pages.set(`GET ${PARTNER}/app/acme/sso/saml`, html(post));
    org.provider.pages.set("POST /sso/saml2/partner", redirect("/oauth2/v1/authorize/callback", 303));
    org.provider.pages.set("GET /oauth2/v1/authorize/callback", enginePage("02.id.second"));
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    const sent = org.provider.seen.find(({ url }) => url.href === `${PARTNER}/api/v1/authn`);
    expect(sent?.body).toBe(JSON.stringify({ username: "alice", password: PASSWORD }));
    const begun = org.provider.seen.find(({ url }) => url.pathname === "/login/sessionCookieRedirect");
    expect(begun?.url.searchParams.get("token")).toBe("partner-session");
    expect(begun?.url.searchParams.get("redirectUrl")).toBe(target);
  });

  it("asks which of several", async () => {
    const terminal = person("second");
    org.plan(introspect, providers("first", "second"));
    org.provider.pages.set("GET /sso/idps/second", () => org.provider.finish());
    await attempt({}, terminal);
    expect(terminal.heard).toEqual(["How to log in at acme.okta.com: first | second"]);
  });
});

describe("an answer of Identity Engine that is wrong", () => {
  const shapes = [
    json([]),
    json({}),
    json("x"),
    json({ version: 1, remediation: 7 }),
    json({ version: "1.0.0", remediation: { value: [7, {}] } }),
  ];

  it("that wants something sent back which nests too deep says so", async () => {
    const first = identify();
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const value = `"value":[{"name":"deep","value":${deep}},{"name":`;
    // Of the first remediation, whose own fields begin so.
    org.plan(introspect, { ...first, body: first.body?.replace('"value":[{"name":', value) ?? "" });
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: expect.stringContaining("nests too deep") });
  });

  it.each(shapes)("as the first one names the step (%#)", async (shape) => {
    org.plan(introspect, shape);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: expect.stringMatching(/^idx/) });
  });

  it.each(shapes)("to name and password names the step (%#)", async (shape) => {
    planPassword(shape);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: expect.stringMatching(/^idx/) });
  });

  it.each(shapes)("to a poll names the step (%#)", async (shape) => {
    planPassword(push());
    org.plan(POLL, shape);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", step: expect.stringMatching(/^idx/) });
  });

  it("that comes again and again ends", async () => {
    org.plan(introspect, keepMeSignedIn);
    org.provider.pages.set("POST /idp/idx/keep-me-signed-in", keepMeSignedIn);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer" });
  });

  it.each(["https://evil.example/x", "https://acme.okta.com:8443/x", "http://acme.okta.com/x", "javascript:x", "data:text/html,x"])(
    "that leads to %s is not followed: no password, no state handle, no success",
    async (href) => {
      const refused = { code: "untrusted-destination" };
      org.plan(introspect, answer([remediation("identify", href, [{ name: "identifier" }])]));
      await expect(attempt()).rejects.toMatchObject(refused);
      org.plan(introspect, answer([], { more: { success: { name: "success-redirect", href } } }));
      await expect(attempt()).rejects.toMatchObject(refused);
      org.plan(introspect, answer([{ name: "redirect-idp", href }]));
      await expect(attempt()).rejects.toMatchObject(refused);
    },
  );
});

describe("what is told of a login at Identity Engine", () => {
  it.each([
    ["works", success()],
    ["is refused", answer([], { messages: [message(`code 123456 of ${PASSWORD} is wrong`, "x")] })],
    ["is not understood", json({ version: "1.0.0", stateHandle: HANDLE })],
  ])("holds no secret when it %s", async (_how, last) => {
    planPassword(challenge(enrolled.google, [fields.passcode]));
    org.plan(ANSWER, last);
    const tools = toolsWith(org.provider.http);
    const outcome = await logIn(loginOf(ORG, { ...given, mfaCode: "123456" }), tools).catch((error: unknown) => error);
    const told = `${tools.lines.join("\n")}\n${outcome instanceof Error ? `${outcome.stack} ${JSON.stringify(outcome)}` : ""}`;
    expect(tools.lines.join()).toContain("POST https://acme.okta.com/idp/idx/introspect");
    for (const secret of [PASSWORD, "123456", HANDLE, PAGE_TOKEN]) expect(told).not.toContain(secret);
  });
});
