/** The device flow on both built programs: the code on a terminal, a person who enters it at the sandbox's page in a browser. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Browser } from "../sandbox/browser.ts";
import { hasScript, Session } from "../terminal/session.ts";
import { artefacts, run } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const role = "arn:aws:iam::123456789012:role/developer";
const config = (issuer: string) => `
[profile device]
role_arn = ${role}
region = eu-central-1
web_identity_auth_url = ${issuer}
web_identity_client_id = aws-runas
web_identity_scopes = offline_access
`;

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage(config);
  });
  afterEach(() => stage.close());

  const open = (words: string, size = "cols 120 rows 50") => {
    const command = artefact.command.map((word) => `'${word}'`).join(" ");
    const env = { PATH: process.env["PATH"], LANG: "C.UTF-8", ...stage.env };
    return new Session(`stty ${size}; exec ${command} ${words}`, env);
  };

  /** As far as the page that asks whether this is the code; alice is logged in by the answer. */
  async function enterCode(session: Session) {
    await session.sees(/^ {2}[A-Z]{4}-[A-Z]{4}\r?$/m);
    const page = /^ {2}(http:\S+)\r?$/m.exec(session.output)?.[1] ?? "";
    const code = /^ {2}([A-Z]{4}-[A-Z]{4})\r?$/m.exec(session.output)?.[1] ?? "";
    const browser = new Browser();
    return { browser, confirmation: await browser.submit(await browser.get(page), { user_code: code }) };
  }

  async function approve(session: Session): Promise<void> {
    const { browser, confirmation } = await enterCode(session);
    const { name: username, password } = stage.sandbox.users.alice;
    const done = await browser.submit(await browser.submit(confirmation, {}), { username, password });
    expect(done.html).toContain("Your device is signed in");
  }

  test.skipIf(!hasScript)("a code entered elsewhere logs in here, and the next runs need nobody", async () => {
    await using session = open("device -- sh -c 'echo I am $AWSRUNAS_PROFILE'");
    await session.sees("█▀▀");
    await approve(session);
    await session.sees("I am device");
    expect(await session.status).toBe(0);
    stage.cost();
    expect(await run(artefact, ["device", "true"], { env: stage.env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual({ provider: [], sts: [] });
    expect(await run(artefact, ["-r", "device", "true"], { env: stage.env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual({ provider: ["POST /token"], sts: ["AssumeRoleWithWebIdentity"] });
  });

  test.skipIf(!hasScript)("a terminal that is too small shows the code alone", async () => {
    await using session = open("device true", "cols 40 rows 10");
    await enterCode(session);
    await session.sees("waiting for the login");
    expect(session.output).not.toMatch(/[█▀▄]/);
  });

  test.skipIf(!hasScript)("a person who says no there ends it here", async () => {
    await using session = open("device true");
    const { browser, confirmation } = await enterCode(session);
    await browser.submit(confirmation, { abort: "yes" });
    expect(await session.status).toBe(4);
    expect(session.output).toContain("was denied");
  });

  test.skipIf(!hasScript)("Ctrl-C ends the wait at once", async () => {
    await using session = open("device true");
    await session.sees("waiting for the login");
    const startedAt = performance.now();
    session.types("\u0003");
    expect(await session.status).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test("without a terminal it is status 7 at once, and no code is asked for", async () => {
    const outcome = await run(artefact, ["device", "true"], { env: stage.env });
    expect(outcome).toMatchObject({ status: 7, stderr: expect.stringContaining("needs a person") });
    expect(stage.cost().provider).toEqual(["GET /.well-known/openid-configuration"]);
  });
});
