/** Logins at an Okta org, Classic and Identity Engine, on both built programs. */

import { beforeEach, describe, expect, test } from "vitest";
import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import * as authn from "../fakes/okta-authn.ts";
import * as idx from "../fakes/okta-idx.ts";
import { enginePage, type FakeOrg, startOrg, withSession } from "../fakes/okta-org.ts";
import { artefacts, makeHome, type Outcome, run } from "./artefacts.ts";

const PASSWORD = "correct horse";
const CODE = "657866";

let sts: FakeSts;
let org: FakeOrg;
let home: ReturnType<typeof makeHome>;

beforeEach(async () => {
  [sts, org] = [await startFakeSts(), await startOrg({})];
  const settings = {
    web_identity_auth_url: org.origin,
    web_identity_provider: "okta",
    web_identity_client_id: "client-1",
    web_identity_redirect_uri: "app:/callback",
    web_identity_username: "alice",
    role_arn: "arn:aws:iam::123456789012:role/developer",
    region: "eu-central-1",
  };
  home = makeHome(
    `[profile dev]\n${Object.entries(settings)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join("")}`,
  );
  return async () => {
    home.remove();
    await sts.finish();
  };
});

describe.each(artefacts)("$name", (artefact) => {
  const start = (...flags: string[]): Promise<Outcome> => {
    const env = { HOME: home.path, AWS_ENDPOINT_URL_STS: sts.endpoint, AWSRUNAS_STORE: "file", WEB_IDENTITY_PASSWORD: PASSWORD };
    return run(artefact, [...flags, "-O", "json", "dev"], { env });
  };

  test("a Classic org with an authenticator gives the role; its session makes the next login silent", async () => {
    org.plan("/api/v1/authn", authn.mfaRequired(authn.factors.push, authn.factors.totp));
    org.plan(authn.verifyPath("ost1"), authn.success());
    sts.plan(grant(), grant());
    const first = await start("-vv", "-o", CODE);
    expect(first).toMatchObject({ status: 0, stdout: expect.stringContaining('"ASIA-developer"') });
    for (const secret of [PASSWORD, CODE, authn.STATE_TOKEN, "20111-session-token"]) expect(first.stderr).not.toContain(secret);
    expect(await start("-r")).toMatchObject({ status: 0, stderr: "" });
    expect(org.bodies("/api/v1/authn")).toHaveLength(1);
  });

  test("an Identity Engine org gives the role after password and code", async () => {
    org.provider.pages.set("GET /oauth2/v1/authorize", enginePage(idx.PAGE_TOKEN));
    org.provider.pages.set("GET /login/token/redirect", () => withSession(org.provider.finish()));
    org.plan(idx.PATHS.introspect, idx.identifyWithPassword());
    org.plan(idx.PATHS.identify, idx.select([idx.enrolled.webauthn, idx.enrolled.google]));
    org.plan(idx.PATHS.select, idx.challenge(idx.enrolled.google, [idx.fields.passcode]));
    org.plan(idx.PATHS.answer, idx.success());
    sts.plan(grant());
    expect(await start("-o", CODE)).toMatchObject({ status: 0, stdout: expect.stringContaining('"ASIA-developer"'), stderr: "" });
  });
});
