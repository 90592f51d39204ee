/** A login at OneLogin by both built programs, over plain http on this machine. */

import { beforeEach, describe, expect, test } from "vitest";

import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import {
  ACCESS_TOKEN,
  API_ID,
  API_SECRET,
  COOKIE,
  type FakeOnelogin,
  PASSWORD,
  pending,
  SESSION_TOKEN,
  startOnelogin,
  STATE_TOKEN,
  success,
  USER,
  VERIFY,
  wrongCode,
} from "../fakes/onelogin.ts";
import { artefacts, makeHome, run } from "./artefacts.ts";

const TOKEN = Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64");
const CODE = "246802";

let onelogin: FakeOnelogin;
let sts: FakeSts;

beforeEach(async () => {
  onelogin = await startOnelogin("loopback");
  sts = await startFakeSts();
  return () => sts.finish();
});

describe.each(artefacts)("$name", (artefact) => {
  async function runWith(args: readonly string[], parts: { query?: string; credentials?: string; env?: Record<string, string> }) {
    const config = `[profile dev]
web_identity_auth_url = ${onelogin.issuer}${parts.query ?? ""}
web_identity_client_id = client-1
web_identity_redirect_uri = app:/callback
web_identity_username = ${USER}
role_arn = arn:aws:iam::123456789012:role/dev
endpoint_url = ${sts.endpoint}
`;
    const home = makeHome(config, parts.credentials);
    const outcome = await run(artefact, args, { env: { HOME: home.path, WEB_IDENTITY_PASSWORD: PASSWORD, ...parts.env } });
    home.remove();
    const shown = outcome.stdout + outcome.stderr;
    for (const secret of [API_SECRET, TOKEN, PASSWORD, CODE, ACCESS_TOKEN, STATE_TOKEN, SESSION_TOKEN, COOKIE]) {
      expect(shown).not.toContain(secret);
    }
    return outcome;
  }

  test("a push is waited for without a terminal, with the API credentials in the URL", async () => {
    onelogin.devices = [["OneLogin Protect", 1]];
    onelogin.verifications.push(pending, success);
    sts.plan(grant());
    const outcome = await runWith(["-vv", "dev", "env"], { query: `?token=${TOKEN}` });
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringContaining("AWSRUNAS_PROFILE=dev") });
    expect(outcome.stderr).toContain(`POST ${onelogin.origin}${VERIFY} → 200`);
  });

  test("under login = never a push is not sent, and it is status 7 at once", async () => {
    onelogin.devices = [["OneLogin Protect", 1]];
    const startedAt = Date.now();
    const env = { AWSRUNAS_LOGIN: "never" };
    expect(await runWith(["dev", "true"], { query: `?token=${TOKEN}`, env })).toMatchObject({
      status: 7,
      stderr: expect.stringContaining("login = never says that there is none (the environment variable AWSRUNAS_LOGIN)"),
    });
    expect(Date.now() - startedAt).toBeLessThan(3_000);
    expect(onelogin.bodies(VERIFY)).toEqual([]);
  });

  test("a code is given, with the API's secret in the credentials file", async () => {
    onelogin.devices = [["Google Authenticator", 1]];
    onelogin.verifications.push(success);
    sts.plan(grant());
    const credentials = `[dev]\nweb_identity_api_client_id = ${API_ID}\nweb_identity_api_client_secret = ${API_SECRET}\n`;
    expect(await runWith(["-O", "json", "-o", CODE, "dev"], { credentials })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("ASIA-dev"),
      stderr: "",
    });
    expect(onelogin.bodies(VERIFY)).toMatchObject([{ otp_token: CODE }]);
  });

  test("the API's secret in a variable does not reach the command", async () => {
    sts.plan(grant());
    const env = { WEB_IDENTITY_API_CLIENT_ID: API_ID, WEB_IDENTITY_API_CLIENT_SECRET: API_SECRET };
    expect(await runWith(["dev", "env"], { env })).toMatchObject({ status: 0, stdout: expect.stringContaining(`CLIENT_ID=${API_ID}`) });
  });

  test("a wrong code without a terminal ends the login", async () => {
    onelogin.devices = [["Google Authenticator", 1]];
    onelogin.verifications.push(wrongCode);
    expect(await runWith(["-vv", "dev", "true"], { query: `?token=${TOKEN}`, env: { MFA_CODE: CODE } })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("refuses the one-time code: Failed authentication with this factor"),
    });
  });

  test("without API credentials the error says what to set", async () => {
    expect(await runWith(["dev", "true"], {})).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/there are no API credentials\nhint: set web_identity_api_client_id and/),
    });
  });
});
