/** SAML at Okta by the app embed link, Classic and Identity Engine. */

import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/saml/login.ts";
import type { Clock, Terminal } from "../../src/world.ts";
import { allowed, planFrame, planRedirect, pluginForm, pushed } from "../fakes/duo.ts";
import * as classic from "../fakes/okta-authn.ts";
import * as idx from "../fakes/okta-idx.ts";
import {
  ACME,
  APP,
  appForm,
  classicPage,
  customPage,
  enginePage,
  type FakeOrg,
  planApp,
  SESSION_TOKEN,
  SSO,
  startOrg,
  withSession,
} from "../fakes/okta-org.ts";
import { roleArn, rolePair, samlResponse } from "../fakes/saml-response.ts";
import { html, redirect } from "./fake-provider.ts";
import { person, samlLoginOf, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const AUTHN = "/api/v1/authn";
const PASSWORD = "correct horse";
const given = { username: "alice", password: PASSWORD };
const RESPONSE = samlResponse({
  user: "alice",
  roles: [rolePair("dev"), rolePair("ops")],
  issuer: "http://www.okta.com/exk1b2c3d4E5F6G7H8i9",
});
const page = appForm(RESPONSE);

let org: FakeOrg;

beforeEach(async () => {
  org = await startOrg();
});

type Parts = Parameters<typeof samlLoginOf>[1] & { readonly url?: string };

const attempt = ({ url = APP, ...parts }: Parts = {}, terminal: Terminal = person(), clock: Clock = movedClock()) =>
  logIn(samlLoginOf(url, { ...given, ...parts }), toolsWith(org.provider.http, { terminal, clock }));
const queries = (path: string) => org.provider.seen.filter(({ url }) => url.pathname === path).map(({ url }) => url.search);
const LINK = new URL(APP).pathname;

describe("SAML at a Classic org", () => {
  beforeEach(() => planApp(org, page));

  it("opens the link, logs in by the Authentication API, and opens the link again with the session token", async () => {
    org.plan(AUTHN, classic.success());
    const assertion = await attempt();
    expect(assertion).toMatchObject({ user: "alice", issuer: "http://www.okta.com/exk1b2c3d4E5F6G7H8i9" });
    expect(assertion.roles.map((role) => role.roleArn)).toEqual([roleArn("dev"), roleArn("ops")]);
    expect(assertion.raw.reveal()).toBe(RESPONSE);
    expect(org.provider.requests).toEqual([`GET ${LINK}`, "GET /login/login.htm", `POST ${AUTHN}`, `GET ${LINK}`]);
    expect(org.bodies(AUTHN)).toEqual([{ username: "alice", password: PASSWORD }]);
  });

  it("keeps the query of the URL, the session token beside it", async () => {
    org.plan(AUTHN, classic.success());
    await attempt({ url: `${APP}?RelayState=%2Fcustom%2Fdeep&fromHome=true` });
    expect(queries(LINK)).toEqual([
      "?RelayState=%2Fcustom%2Fdeep&fromHome=true",
      `?RelayState=%2Fcustom%2Fdeep&fromHome=true&sessionToken=${SESSION_TOKEN}`,
    ]);
  });

  it("asks for nothing while the session lasts, and sends no session token twice", async () => {
    org.plan(AUTHN, classic.success());
    const tools = toolsWith(org.provider.http);
    await logIn(samlLoginOf(APP, given), tools);
    org.provider.requests.length = 0;
    await expect(logIn(samlLoginOf(APP, given), tools)).resolves.toMatchObject({ user: "alice" });
    expect(org.provider.requests).toEqual([`GET ${LINK}`, `GET ${SSO}`]);
    expect(queries(LINK).filter((query) => query.includes("sessionToken"))).toHaveLength(1);
  });

  it("takes a code, asks again for a wrong one, and is then let in", async () => {
    org.plan(AUTHN, classic.mfaRequired(classic.factors.totp));
    org.plan(classic.verifyPath("ost1"), classic.wrongCode, classic.success());
    await expect(attempt({ mfaType: "code" }, person("111111", "222222"))).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(classic.verifyPath("ost1")).map(({ passCode }) => passCode)).toEqual(["111111", "222222"]);
  });

  it("shows the number of a push", async () => {
    org.plan(AUTHN, classic.mfaRequired(classic.factors.push));
    org.plan(classic.verifyPath("opf1"), classic.push("WAITING"), classic.push("WAITING", 42), classic.success());
    const terminal = person("unused");
    await attempt({ mfaType: "push" }, terminal);
    expect(terminal.heard.join("\n")).toContain("[42]");
  });

  it("ends at a push that is denied, which is not asked for again", async () => {
    org.plan(AUTHN, classic.mfaRequired(classic.factors.push));
    org.plan(classic.verifyPath("opf1"), classic.push("WAITING"), classic.push("REJECTED"));
    await expect(attempt({ mfaType: "push" })).rejects.toMatchObject({ code: "approval-refused" });
    expect(org.bodies(AUTHN)).toHaveLength(1);
  });

  it("goes by Duo and comes back to the app", async () => {
    org.plan(AUTHN, classic.mfaRequired(classic.factors.duoUniversal));
    org.plan(classic.verifyPath("clp1"), classic.redirectFactor());
    planRedirect(org, "/sso/idps/oktaclaimsidpid", pluginForm, withSession(redirect(`${ACME}${SSO}`)));
    planFrame(org, ["Duo Push"], [pushed, allowed]);
    await expect(attempt({ mfaType: "duo" })).resolves.toMatchObject({ user: "alice" });
  });

  it("goes by Duo that leaves it at a page without a form, and opens the link again", async () => {
    org.plan(AUTHN, classic.mfaRequired(classic.factors.duoUniversal));
    org.plan(classic.verifyPath("clp1"), classic.redirectFactor());
    planRedirect(org, "/sso/idps/oktaclaimsidpid", pluginForm, withSession(html("<html></html>")));
    planFrame(org, ["Duo Push"], [pushed, allowed]);
    await expect(attempt({ mfaType: "duo" })).resolves.toMatchObject({ user: "alice" });
    expect(queries(LINK)).toEqual(["", ""]);
  });

  it("tries a password that was given once, and says where it is from", async () => {
    org.plan(AUTHN, classic.wrongPassword);
    await expect(attempt()).rejects.toMatchObject({
      code: "credentials-refused",
      message: "acme.okta.com refuses the user name or password: Authentication failed",
    });
  });
});

describe("SAML at an org under a custom domain", () => {
  const origin = "https://login.acme.example";

  beforeEach(async () => {
    org = await startOrg({ origin });
    planApp(org, page);
  });

  it.each([
    ["told by the header of its sign-in page", undefined],
    ["named by saml_provider, in any page", "okta"],
  ])("is %s", async (_how, provider) => {
    const marked = {
      ...classicPage(),
      headers: { "content-type": "text/html", ...(provider === undefined && { "x-okta-request-id": "abc123" }) },
    };
    org.provider.pages.set("GET /login/login.htm", marked);
    org.plan(AUTHN, classic.success());
    await expect(attempt({ url: origin + LINK, ...(provider !== undefined && { provider }) })).resolves.toMatchObject({ user: "alice" });
    expect(org.provider.requests).toEqual([`GET ${LINK}`, "GET /login/login.htm", `POST ${AUTHN}`, `GET ${LINK}`]);
  });
});

describe("an app's sign-on policy at a Classic org", () => {
  const stepUp = "/login/step-up/redirect";

  /** With a session, the app still shows a sign-in page with a transaction. */
  beforeEach(() => {
    planApp(org, page);
    org.provider.pages.set(`GET ${LINK}`, ({ url, cookie }) => {
      if (url.searchParams.get("sessionToken") === SESSION_TOKEN) return withSession(customPage(classic.STATE_TOKEN));
      return cookie.includes("sid=") ? customPage(classic.STATE_TOKEN) : redirect(`${ACME}/login/login.htm?fromURI=${LINK}`);
    });
    org.provider.pages.set(`GET ${stepUp}`, ({ url }) =>
      url.searchParams.get("stateToken") === classic.STATE_TOKEN ? page : { status: 500 },
    );
  });

  it("that wants a second factor of the session is given one", async () => {
    org.plan(AUTHN, classic.success(), classic.stepUpRequired(classic.factors.totp));
    org.plan(classic.verifyPath("ost1"), classic.stepUpSuccess());
    await expect(attempt({ mfaCode: "123456" })).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(AUTHN)).toEqual([{ username: "alice", password: PASSWORD }, { stateToken: classic.STATE_TOKEN }]);
  });

  it("that wants it of a session that was kept is given one, without the password", async () => {
    org.plan(AUTHN, classic.success(), classic.stepUpRequired(classic.factors.totp), classic.stepUpRequired(classic.factors.totp));
    org.plan(classic.verifyPath("ost1"), classic.stepUpSuccess(), classic.stepUpSuccess());
    const tools = toolsWith(org.provider.http, { terminal: person("111111", "222222") });
    await logIn(samlLoginOf(APP, given), tools);
    await logIn(samlLoginOf(APP, given), tools);
    expect(org.bodies(AUTHN).filter((body) => "password" in body)).toHaveLength(1);
  });

  it.each([
    ["for the password again", [classic.unauthenticated()]],
    ["again and again", [classic.stepUpRequired(classic.factors.totp)]],
  ])("that asks %s is named, and the password is sent once", async (_what, steps) => {
    org.plan(AUTHN, classic.success(), ...steps);
    if (steps.some(({ body }) => body?.includes("MFA_REQUIRED"))) org.plan(classic.verifyPath("ost1"), classic.stepUpSuccess());
    org.provider.pages.set(`GET ${stepUp}`, redirect(LINK));
    await expect(attempt({ mfaCode: "123456" })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("asks to log in again after a login that it took: the app's sign-on policy"),
      hint: "set saml_provider = browser to log in with a browser",
    });
    expect(org.bodies(AUTHN).filter((body) => "password" in body)).toHaveLength(1);
  });
});

describe("SAML at an Identity Engine org", () => {
  /** https://github.com/okta/okta-signin-widget: the last answer's address sets the session and leads back to the app. */
  beforeEach(() => {
    planApp(org, page, enginePage(idx.PAGE_TOKEN));
    org.provider.pages.set("GET /login/token/redirect", ({ url }) =>
      url.searchParams.get("stateToken") === idx.HANDLE ? withSession(redirect(`${ACME}${SSO}`)) : { status: 500 },
    );
    org.plan(idx.PATHS.introspect, idx.identifyWithPassword());
  });

  it("goes on with the state token of the page that the link leads to, and ends at the app's form", async () => {
    org.plan(idx.PATHS.identify, idx.success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(idx.PATHS.introspect)).toEqual([{ stateToken: idx.PAGE_TOKEN }]);
    expect(org.provider.requests).toEqual([
      `GET ${LINK}`,
      `GET ${SSO}`,
      "POST /idp/idx/introspect",
      "POST /idp/idx/identify",
      "GET /login/token/redirect",
      `GET ${SSO}`,
    ]);
  });

  it("asks for nothing while the session lasts", async () => {
    org.plan(idx.PATHS.identify, idx.success());
    const tools = toolsWith(org.provider.http);
    await logIn(samlLoginOf(APP, given), tools);
    org.provider.requests.length = 0;
    await logIn(samlLoginOf(APP, given), tools);
    expect(org.provider.requests).toEqual([`GET ${LINK}`, `GET ${SSO}`]);
  });

  it("takes a code, asks again for a wrong one, and is then let in", async () => {
    org.plan(idx.PATHS.identify, idx.challenge(idx.enrolled.verify, [idx.fields.totp], { method: "totp" }));
    org.plan(idx.PATHS.answer, idx.wrongTotp, idx.success());
    await expect(attempt({ mfaType: "code" }, person("111111", "222222"))).resolves.toMatchObject({ user: "alice" });
  });

  it("shows the number of a push", async () => {
    org.plan(idx.PATHS.identify, idx.push("42"));
    org.plan(idx.PATHS.poll, idx.push("42"), idx.success());
    const terminal = person("unused");
    await attempt({ mfaType: "push" }, terminal);
    expect(terminal.heard.join("\n")).toContain("[42]");
  });

  it("whose app wants a second factor of the session is given one", async () => {
    let shown = 0;
    org.provider.pages.set(`GET ${SSO}`, ({ cookie }) =>
      cookie.includes("sid=") && (shown += 1) === 2 ? page : enginePage(idx.PAGE_TOKEN),
    );
    org.plan(idx.PATHS.identify, idx.success());
    org.plan(idx.PATHS.introspect, idx.challenge(idx.enrolled.google, [idx.fields.passcode]));
    org.plan(idx.PATHS.answer, idx.success());
    await expect(attempt({ mfaCode: "123456" })).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(idx.PATHS.identify)).toHaveLength(1);
  });

  it("that takes a login and asks for the next, again and again, is named", async () => {
    org.provider.pages.set(`GET ${SSO}`, enginePage(idx.PAGE_TOKEN));
    org.plan(idx.PATHS.introspect, idx.identifyWithPassword(), idx.identifyWithPassword());
    org.plan(idx.PATHS.identify, idx.success(), idx.success(), idx.success());
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      step: "idx",
      message: expect.stringContaining("asks to log in again after a login that it took"),
      hint: "set saml_provider = browser to log in with a browser",
    });
  });

  it("whose app the user does not have says so", async () => {
    const no = idx.message("User is not assigned to this application.", "security.access_denied.not_assigned");
    org.plan(idx.PATHS.identify, idx.answer([], { status: 403, messages: [no] }));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("not assigned to this application"),
    });
  });
});

describe("Okta's page with a response", () => {
  it("is the end, though it has the scripts of a sign-in page", async () => {
    const scripted = {
      ...page,
      body: `${page.body}<script src="/assets/okta-sign-in.js"></script><script>var stateToken = '00x';</script>`,
    };
    org.provider.pages.set(`GET ${LINK}`, scripted);
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(org.provider.requests).toEqual([`GET ${LINK}`]);
  });

  it("for another org, on the way, is sent on", async () => {
    const hub = "https://hub.okta.com";
    const acs = `${ACME}/sso/saml2/0oaHUB`;
    planApp(org, page);
    org.provider.pages.set(`GET ${LINK}`, redirect(`${hub}/app/org2org/exk9/sso/saml?SAMLRequest=x`));
    org.provider.pages.set(`GET ${hub}/app/org2org/exk9/sso/saml`, {
      ...appForm(samlResponse({ roles: [] }), acs),
      headers: { "content-type": "text/html", "x-okta-request-id": "x" },
    });
    org.provider.pages.set("POST /sso/saml2/0oaHUB", ({ form }) =>
      form.has("SAMLResponse") ? withSession(redirect(SSO)) : { status: 500 },
    );
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });
});
