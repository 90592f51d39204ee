import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import type { Clock, Terminal } from "../../src/world.ts";
import { allowed, appPage, denied, DUO, planApp, planFrame, planRedirect, pluginForm, pushed, verifiedPush } from "../fakes/duo.ts";
import { factors, mfaRequired, redirectFactor, verifyPath } from "../fakes/okta-authn.ts";
import { answer, enrolled, HANDLE, identifyWithPassword, message, PAGE_TOKEN, PATHS, select, success } from "../fakes/okta-idx.ts";
import { ACME as ORG, enginePage, type FakeOrg, startOrg, withSession } from "../fakes/okta-org.ts";
import { html, json, redirect } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const given = { username: "alice", password: "correct horse" };
const ALL = ["Duo Push", "Phone Call", "Passcode"];
/** What Okta answers once Duo has sent the browser back: https://github.com/Nike-Inc/gimme-aws-creds/pull/437 */
const back = withSession(html("<html></html>"));

let org: FakeOrg;

beforeEach(async () => {
  org = await startOrg();
});

/** A Classic org whose factor is Duo by a custom identity provider. */
function planClassic(prompt = pluginForm): void {
  org.plan("/api/v1/authn", mfaRequired(factors.duoUniversal));
  org.plan(verifyPath("clp1"), redirectFactor());
  planRedirect(org, "/sso/idps/oktaclaimsidpid", prompt, back);
}

type Parts = Parameters<typeof loginOf>[1];

const attempt = (parts: Parts = {}, terminal: Terminal = person(), clock: Clock = movedClock()) =>
  logIn(loginOf(ORG, { ...given, ...parts }), toolsWith(org.provider.http, { terminal, clock }));

const forms = (path: string) =>
  org.provider.seen
    .filter(({ method, url }) => method === "POST" && url.href === `${DUO}${path}`)
    .map(({ form }) => Object.fromEntries(form));

describe("Duo's prompt of forms", () => {
  it("sends a push, waits, and goes back to Okta, where the session is", async () => {
    planClassic();
    planFrame(org, ALL, [pushed, allowed]);
    await expect(attempt({ mfaType: "duo" })).resolves.toMatchObject({ user: "alice" });
    expect(forms("/frame/prompt")).toEqual([
      {
        sid: "frameless-sid-1",
        url: "/frame/prompt",
        itype: "okta",
        _xsrf: "xsrf-1",
        preferred_device: "phone1",
        factor: "Duo Push",
        device: "phone1",
        postAuthDestination: "OIDC_EXIT",
      },
    ]);
    expect(forms("/frame/v4/oidc/exit")).toMatchObject([{ txid: "txid-1", factor: "Duo Push", dampen_choice: "false" }]);
  });

  it("shows the code of a Verified Push", async () => {
    const terminal = person("unused");
    planClassic();
    planFrame(org, ["Duo Push"], [pushed, verifiedPush, allowed]);
    await attempt({}, terminal);
    expect(terminal.heard.at(-1)).toBe("Approve the login at acme.okta.com by Duo [4711]");
  });

  it("lets the person choose", async () => {
    const terminal = person("Duo phone call");
    planClassic();
    planFrame(org, ALL, [{ status_code: "calling" }, { status_code: "answered" }, allowed]);
    await attempt({}, terminal);
    expect(forms("/frame/prompt")).toMatchObject([{ factor: "Phone Call" }]);
  });

  it("takes a passcode, and asks again while it is refused", async () => {
    planClassic();
    planFrame(org, ALL, [denied, allowed]);
    await attempt({ mfaType: "duo", mfaCode: "111111" }, person("222222"));
    expect(forms("/frame/prompt").map(({ factor, passcode }) => [factor, passcode])).toEqual([
      ["Passcode", "111111"],
      ["Passcode", "222222"],
    ]);
  });

  it("tells a denial, and sends no second push", async () => {
    planClassic();
    planFrame(org, ["Duo Push"], [pushed, denied]);
    await expect(attempt()).rejects.toMatchObject({
      code: "approval-refused",
      step: "duo",
      message: "api-acme.duosecurity.com says that the login was denied",
    });
    expect(forms("/frame/prompt")).toHaveLength(1);
  });

  it("ends after five minutes without an answer", async () => {
    const clock = movedClock();
    planClassic();
    planFrame(org, ["Duo Push"], []);
    await expect(attempt({}, person(), clock)).rejects.toMatchObject({ code: "approval-refused" });
    expect(clock.sleptMs).toBeLessThanOrEqual(302_000);
  });

  it("tells that there is no way that can be used here", async () => {
    planClassic();
    planFrame(org, ["WebAuthn Security Key"], []);
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable" });
  });

  it.each([json([]), { body: "<html>" }, json({ stat: "FAIL", message: "Login timed out" }), json({ stat: "OK" })])(
    "with an answer that is wrong is an error (%#)",
    async (shape) => {
      planClassic();
      planFrame(org, ["Duo Push"], []);
      org.provider.pages.set(`POST ${DUO}/frame/prompt`, shape);
      await expect(attempt()).rejects.toMatchObject({ code: expect.stringMatching(/^provider-(answer|refused)$/), step: "duo" });
    },
  );

  it("does not post its form to another host", async () => {
    planClassic(html('<form method="post" id="login-form" action="https://evil.example/x"><input name="factor" value="Passcode"></form>'));
    await expect(attempt({ mfaCode: "123456" })).rejects.toMatchObject({ code: "provider-answer" });
  });
});

describe("Duo's prompt of one page", () => {
  it("sends a push, waits, and goes back to Okta", async () => {
    const results = [{ result: { result: "" } }, { result: { status_code: "pushed" } }, { result: { result: "SUCCESS" } }];
    const terminal = person("unused");
    planClassic(appPage);
    planApp(org, {
      "POST /auth/factors/push/auth": { stat: "OK", response: { push_txid: "txid-1", step_up_code: "4711" } },
      "GET /auth/factors/push/status": () => ({ stat: "OK", response: results.shift() }),
    });
    await expect(attempt({ mfaType: "duo" }, terminal)).resolves.toMatchObject({ user: "alice" });
    expect(terminal.heard).toEqual(["Approve the login at acme.okta.com by Duo [4711]"]);
    const polled = org.provider.seen.find(({ url }) => url.pathname.endsWith("/push/status"));
    expect(polled?.url.searchParams.toString()).toBe("authkey=authkey-1&push_txid=txid-1&saw_good_news=false");
  });

  it("calls", async () => {
    planClassic(appPage);
    planApp(org, {
      "POST /auth/factors/phone_call": { stat: "OK", response: { txid: "txid-2" } },
      "GET /auth/factors/phone_call/poll": { stat: "OK", response: { result: "SUCCESS" } },
    });
    await expect(attempt({}, person("Duo phone call 42"))).resolves.toMatchObject({ user: "alice" });
  });

  it("takes a passcode, and asks again while it is refused", async () => {
    const answers = [
      { stat: "FAIL", message: "Incorrect passcode" },
      { stat: "OK", response: {} },
    ];
    planClassic(appPage);
    planApp(org, { "POST /auth/factors/mobile_otp": () => answers.shift() ?? {} });
    await attempt({ mfaType: "duo", mfaCode: "111111" }, person("222222"));
    const sent = org.provider.seen.filter(({ url }) => url.pathname.endsWith("/mobile_otp")).map(({ body }) => JSON.parse(body) as unknown);
    expect(sent).toEqual([
      { authkey: "authkey-1", mobile_otp: "111111" },
      { authkey: "authkey-1", mobile_otp: "222222" },
    ]);
  });

  it("tells a denial", async () => {
    planClassic(appPage);
    planApp(org, {
      "POST /auth/factors/push/auth": { stat: "OK", response: { push_txid: "txid-1" } },
      "GET /auth/factors/push/status": { stat: "OK", response: { result: { result: "FRAUD" } } },
    });
    await expect(attempt({ mfaType: "push" })).rejects.toMatchObject({ code: "approval-refused" });
  });

  it.each(["https://evil.example/x", "javascript:x", "http://acme.okta.com/x"])("does not go on at %s", async (url) => {
    planClassic(appPage);
    planApp(org, {
      "POST /auth/factors/mobile_otp": { stat: "OK", response: {} },
      "GET /auth/finalize_auth": { stat: "OK", response: { url } },
    });
    await expect(attempt({ mfaType: "duo", mfaCode: "123456" })).rejects.toMatchObject({ code: "untrusted-destination" });
  });
});

describe("Duo at Identity Engine", () => {
  it("is an identity provider that is selected, and leads back to the transaction", async () => {
    org.provider.pages.set("GET /oauth2/v1/authorize", enginePage(PAGE_TOKEN));
    org.plan(PATHS.introspect, identifyWithPassword(), success());
    org.plan(PATHS.identify, select([enrolled.webauthn, enrolled.idp]));
    const leave = {
      name: "redirect-idp",
      type: "OIDC",
      idp: { name: "Duo Universal Prompt" },
      href: `${ORG}/sso/idps/duo?stateToken=${HANDLE}`,
    };
    org.plan(PATHS.select, answer([leave]));
    planRedirect(org, "/sso/idps/duo", pluginForm, enginePage("02.id.after-duo"));
    planFrame(org, ["Duo Push"], [allowed]);
    org.provider.pages.set("GET /login/token/redirect", () => org.provider.finish());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(PATHS.select)).toEqual([{ authenticator: { id: "aut-idp" }, stateHandle: HANDLE }]);
  });

  it("is not gone through again where Okta refuses what it said", async () => {
    const leave = {
      name: "redirect-idp",
      type: "OIDC",
      idp: { name: "Duo Universal Prompt" },
      href: `${ORG}/sso/idps/duo?stateToken=${HANDLE}`,
    };
    const again = answer([leave], {
      messages: [message("Unable to verify authenticator. Try again.", "oie.authenticator.verify.error.fail")],
    });
    org.provider.pages.set("GET /oauth2/v1/authorize", enginePage(PAGE_TOKEN));
    org.plan(PATHS.introspect, answer([leave]), again);
    planRedirect(org, "/sso/idps/duo", pluginForm, enginePage("02.id.after-duo"));
    planFrame(org, ["Duo Push"], [allowed]);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("Unable to verify") });
    expect(forms("/frame/prompt")).toHaveLength(1);
  });
});

describe("a login that comes back from Duo without a session", () => {
  it("ends at Classic, and no password is sent again", async () => {
    planClassic();
    org.provider.pages.set("GET /oauth2/v1/authorize/callback", html("<html></html>"));
    planFrame(org, ["Duo Push"], [allowed]);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("asks to log in again") });
    expect(org.bodies("/api/v1/authn")).toHaveLength(1);
  });

  it("is sent there twice at most by Identity Engine", async () => {
    const leave = { name: "redirect-idp", href: `${ORG}/sso/idps/duo?stateToken=${HANDLE}` };
    org.provider.pages.set("GET /oauth2/v1/authorize", enginePage(PAGE_TOKEN));
    org.plan(PATHS.introspect, answer([leave]), answer([leave]), answer([leave]));
    planRedirect(org, "/sso/idps/duo", pluginForm, enginePage("02.id.after-duo"));
    planFrame(org, ["Duo Push"], [allowed, allowed]);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("again and again") });
    expect(forms("/frame/prompt")).toHaveLength(2);
  });
});

describe("a Duo that is none", () => {
  it("is not answered as Duo", async () => {
    org.plan("/api/v1/authn", mfaRequired(factors.duoUniversal));
    org.plan(verifyPath("clp1"), redirectFactor());
    org.provider.pages.set("GET /sso/idps/oktaclaimsidpid", redirect("https://api-acme.duosecurity.com.evil.example/prompt"));
    org.provider.pages.set("GET https://api-acme.duosecurity.com.evil.example/prompt", pluginForm);
    org.provider.pages.set("POST https://api-acme.duosecurity.com.evil.example/prompt", html("<h1>Over</h1>"));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable" });
  });
});
