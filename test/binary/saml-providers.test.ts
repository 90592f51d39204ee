/** SAML at Okta, OneLogin and Entra, as far as their fakes on loopback go, on both built programs. */

import { beforeEach, describe, expect, test } from "vitest";

import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import * as entra from "../fakes/entra.ts";
import { errorPage } from "../fakes/entra-pages.ts";
import * as authn from "../fakes/okta-authn.ts";
import * as idx from "../fakes/okta-idx.ts";
import { APP, appForm, enginePage, planApp, SESSION_TOKEN, SSO, startOrg, withSession } from "../fakes/okta-org.ts";
import * as onelogin from "../fakes/onelogin.ts";
import { PRINCIPAL, responsePage, roleArn, samlResponse } from "../fakes/saml-response.ts";
import { redirect } from "../login/fake-provider.ts";
import { artefacts, makeHome, run } from "./artefacts.ts";

const CODE = "246802";
const RESPONSE = samlResponse({ user: "alice" });
const GRANTED = { status: 0, stdout: expect.stringContaining("ASIA-dev"), stderr: "" };

let sts: FakeSts;
let homes: ReturnType<typeof makeHome>[];

beforeEach(async () => {
  sts = await startFakeSts();
  homes = [];
  return async () => {
    for (const home of homes) home.remove();
    await sts.finish();
  };
});

describe.each(artefacts)("$name", (artefact) => {
  /** A home with one profile; each run gives the password unless told. */
  function settle(url: string, { provider, username = "alice", password = "correct horse" }: Record<string, string>) {
    const home = makeHome(`[profile dev]
saml_auth_url = ${url}
saml_provider = ${provider}
saml_username = ${username}
role_arn = ${roleArn("dev")}
endpoint_url = ${sts.endpoint}
`);
    homes.push(home);
    return (args: readonly string[], env: Record<string, string> = { SAML_PASSWORD: password }) =>
      run(artefact, [...args, "-O", "json", "dev"], { env: { HOME: home.path, ...env } });
  }

  test("a Classic org gives the role by its app's link; its session makes the next login silent", async () => {
    const org = await startOrg({});
    planApp(org, appForm(RESPONSE));
    org.plan("/api/v1/authn", authn.mfaRequired(authn.factors.push, authn.factors.totp));
    org.plan(authn.verifyPath("ost1"), authn.success());
    sts.plan(grant(), grant());
    const attempt = settle(`${org.origin}${new URL(APP).pathname}?RelayState=x`, { provider: "Okta" });
    const first = await attempt(["-vv", "-o", CODE]);
    expect(first).toMatchObject({ ...GRANTED, stderr: expect.anything() });
    for (const secret of ["correct horse", CODE, authn.STATE_TOKEN, SESSION_TOKEN, RESPONSE.slice(0, 100)])
      expect(first.stderr).not.toContain(secret);
    expect(sts.requests[0]?.form).toMatchObject({ Action: "AssumeRoleWithSAML", PrincipalArn: PRINCIPAL, SAMLAssertion: RESPONSE });
    expect(await attempt(["-r"], {})).toMatchObject(GRANTED);
    expect(org.bodies("/api/v1/authn")).toHaveLength(1);
  });

  test("an Identity Engine org gives the role after password and code", async () => {
    const org = await startOrg({});
    planApp(org, appForm(RESPONSE), enginePage(idx.PAGE_TOKEN));
    org.provider.pages.set("GET /login/token/redirect", () => withSession(redirect(SSO)));
    org.plan(idx.PATHS.introspect, idx.identifyWithPassword());
    org.plan(idx.PATHS.identify, idx.challenge(idx.enrolled.google, [idx.fields.passcode]));
    org.plan(idx.PATHS.answer, idx.success());
    sts.plan(grant());
    expect(await settle(org.origin + new URL(APP).pathname, { provider: "okta" })(["-o", CODE])).toMatchObject(GRANTED);
  });

  test("OneLogin's API gives the response after a push, and no run shows what the URL holds", async () => {
    const account = await onelogin.startOnelogin("loopback");
    account.devices = [["OneLogin Protect", 1]];
    account.verifications.push(onelogin.assertionPending, onelogin.asserted);
    sts.plan(grant());
    const token = Buffer.from(`${onelogin.API_ID}:${onelogin.API_SECRET}`).toString("base64");
    const url = `${account.origin}${onelogin.LAUNCH}?app_id=${onelogin.APP_ID}&token=${token}`;
    const attempt = settle(url, { provider: "onelogin", username: onelogin.USER, password: onelogin.PASSWORD });
    const runs = [await attempt(["-vv"])];
    expect(runs[0]).toMatchObject({
      ...GRANTED,
      stderr: expect.stringContaining(`POST ${account.origin}${onelogin.VERIFY_ASSERTION} → 200`),
    });
    account.provider.pages.set(`POST ${onelogin.ASSERT}`, onelogin.v2Error(404, `no app for ${onelogin.API_SECRET}`));
    runs.push(await attempt(["-vv", "-r"]));
    expect(runs[1]).toMatchObject({ status: 4, stderr: expect.stringContaining("refuses the login: no app for [secret]") });
    const { API_SECRET, PASSWORD, ACCESS_TOKEN, STATE_TOKEN } = onelogin;
    for (const secret of [API_SECRET, token, PASSWORD, ACCESS_TOKEN, STATE_TOKEN]) {
      expect(runs.map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain(secret);
    }
  });

  test("Entra gives the role after password and code, and the next login is silent", async () => {
    const tenant = await entra.startEntra("loopback");
    entra.planApplication(tenant, responsePage(RESPONSE));
    tenant.planSecondFactor(["PhoneAppOTP"], entra.DONE);
    sts.plan(grant(), grant());
    const attempt = settle(entra.samlRequestAt(tenant.authority), { provider: "entra", username: entra.USER, password: entra.PASSWORD });
    expect(await attempt(["-o", CODE])).toMatchObject(GRANTED);
    expect(await attempt(["-r"], {})).toMatchObject(GRANTED);
    expect(tenant.posted("login")).toHaveLength(1);
  });

  test("Entra's refusal says what a SAML profile can change", async () => {
    const tenant = await entra.startEntra("loopback");
    tenant.plan("GET saml2", errorPage("AADSTS700016: Application with identifier 'x' was not found."));
    expect(await settle(entra.samlRequestAt(tenant.authority), { provider: "azuread" })([])).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/not known in the tenant \(AADSTS700016\)\nhint: saml_auth_url must be/),
    });
  });
});
