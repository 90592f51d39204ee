/** A login at Entra, as far as its fake on loopback goes, on both built programs. */

import { beforeEach, describe, expect, test } from "vitest";

import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import { CODE, DONE, type FakeEntra, PASSWORD, PENDING, startEntra, USER } from "../fakes/entra.ts";
import { refusedPage } from "../fakes/entra-pages.ts";
import { artefacts, makeHome, run } from "./artefacts.ts";

let entra: FakeEntra;
let sts: FakeSts;
let home: ReturnType<typeof makeHome>;

beforeEach(async () => {
  entra = await startEntra("loopback");
  sts = await startFakeSts();
  home = makeHome(`[profile dev]
role_arn = arn:aws:iam::123456789012:role/dev
region = eu-central-1
web_identity_provider = azuread
web_identity_auth_url = ${entra.issuer}/
web_identity_client_id = client-1
web_identity_redirect_uri = http://localhost
web_identity_flow = form
web_identity_username = ${USER}
`);
  return async () => {
    home.remove();
    await sts.finish();
  };
});

describe.each(artefacts)("$name", (artefact) => {
  const runWith = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    run(artefact, args, { env: { HOME: home.path, AWS_ENDPOINT_URL_STS: sts.endpoint, ...env } });

  test("logs in with password and code, keeps the session, and the next run needs neither", async () => {
    entra.planSecondFactor(["PhoneAppNotification", "PhoneAppOTP"], DONE);
    sts.plan(grant(), grant());
    const env = { WEB_IDENTITY_PASSWORD: PASSWORD };
    expect(await runWith(["-O", "json", "-o", CODE, "dev"], env)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("ASIA-dev"),
      stderr: "",
    });
    expect(entra.sent("SAS/EndAuth")).toMatchObject([{ AuthMethodId: "PhoneAppOTP", AdditionalAuthData: CODE }]);
    expect(entra.posted("/kmsi")).toHaveLength(1);
    expect(await runWith(["-r", "-O", "json", "dev"], {})).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("ASIA-dev"),
      stderr: "",
    });
    expect(entra.posted("login")).toHaveLength(1);
  });

  test("waits for a notification, and a denial ends it", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING, { ResultValue: "PhoneAppDenied" });
    entra.plan("POST SAS/BeginAuth", { body: JSON.stringify({ Success: true, FlowToken: "a", Ctx: "b", SessionId: "c" }) });
    const outcome = await runWith(["-O", "json", "dev"], { WEB_IDENTITY_PASSWORD: PASSWORD });
    expect(outcome).toMatchObject({
      status: 4,
      stdout: "",
      stderr: expect.stringContaining("says that the login was denied in the app (PhoneAppDenied)"),
    });
    expect(entra.sent("SAS/EndAuth")).toHaveLength(2);
  });

  test("names what conditional access wants, says how to use a browser, and shows no secret", async () => {
    entra.plan("POST login", refusedPage(entra.authority, "53000"));
    const { status, stdout, stderr } = await runWith(["-vv", "-O", "json", "dev"], { WEB_IDENTITY_PASSWORD: PASSWORD });
    expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
    expect(stderr).toContain("conditional access wants a device that is managed and compliant (AADSTS53000)");
    expect(stderr).toMatch(/hint: .*web_identity_redirect_uri = http:\/\/localhost/);
    for (const secret of [PASSWORD, "flow-token", "ctx-", "canary"]) expect(stderr).not.toContain(secret);
  });
});
