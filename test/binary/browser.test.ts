/** The browser flow on both built programs, against the sandbox: with a browser that AWSRUNAS_BROWSER names, and with a pasted redirect. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Browser } from "../sandbox/browser.ts";
import { hasScript, Session } from "../terminal/session.ts";
import { artefacts, outcomeOf, run, start } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const program = join(import.meta.dirname, "programs/browser.mjs");
const roleArn = "arn:aws:iam::123456789012:role/developer";
const profiles = `
[profile web]
source_profile = sandbox
role_arn = ${roleArn}
web_identity_redirect_uri = http://127.0.0.1/callback

[profile web-localhost]
source_profile = web
role_arn = ${roleArn}
web_identity_redirect_uri = http://localhost/callback

[profile web-consent]
source_profile = web
role_arn = ${roleArn}
web_identity_client_id = aws-runas-consent
`;

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let withBrowser: Record<string, string>;
  const pageFile = () => join(stage.home, "page.html");
  /** The browser outlives the program by the moment in which it writes the page down. */
  const shows = async (pattern: RegExp): Promise<void> => {
    await expect.poll(() => existsSync(pageFile()) && readFileSync(pageFile(), "utf8"), { timeout: 3_000 }).toMatch(pattern);
  };

  beforeAll(async () => {
    stage = await setStage(profiles);
    const { name, password } = stage.sandbox.users.alice;
    const browser = `"${process.execPath}" "${program}" ${name} ${password}`;
    withBrowser = { ...stage.env, AWSRUNAS_BROWSER: browser, PAGE_FILE: pageFile() };
  });
  afterEach(() => {
    rmSync(join(stage.home, ".aws/aws-runas"), { recursive: true, force: true });
    rmSync(pageFile(), { force: true });
    stage.cost();
  });
  afterAll(() => stage.close());

  test.each(["web", "web-localhost"])("%s logs in in the browser, which is told whose login it was", async (profile) => {
    const outcome = await run(artefact, [profile, "sh", "-c", 'echo "for $AWSRUNAS_PROFILE"'], { env: withBrowser });
    expect(outcome).toMatchObject({ status: 0, stdout: `for ${profile}\n` });
    expect(outcome.stderr).toMatch(
      /^aws-runas: Log in at \S+ for profile \S+ in the browser; if none opens, open this address:\n  http\S+\n/,
    );
    expect(outcome.stderr).toContain("Logged in as alice.");
    await shows(new RegExp(`^200 [^]*You are logged in[^]*Profile ${profile}, as alice`));
    expect(stage.cost().provider.filter((line) => line.startsWith("POST /token"))).toHaveLength(1);
  });

  test("the page is there before the program becomes the command (-E)", async () => {
    const outcome = await run(artefact, ["-E", "web", "sh", "-c", "while ! test -s $PAGE_FILE; do sleep 0.05; done; echo done"], {
      env: withBrowser,
      timeoutMs: 10_000,
    });
    expect(outcome).toMatchObject({ status: 0, stdout: "done\n" });
    expect(readFileSync(pageFile(), "utf8")).toContain("You are logged in");
  });

  test.each([
    ["a thousand forged callbacks", "forge"],
    ["a hundred connections that say nothing", "silence"],
  ])("%s neither end the login nor slow it", async (_what, MISCHIEF) => {
    const outcome = await run(artefact, ["web", "true"], { env: { ...withBrowser, MISCHIEF }, timeoutMs: 15_000 });
    expect(outcome).toMatchObject({ status: 0 });
    await shows(/^200 /);
  });

  test("twenty processes that want a login at once open one tab", async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => run(artefact, ["web", "true"], { env: withBrowser })));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(stage.cost().provider.filter((line) => line === "GET /auth")).toHaveLength(1);
  });

  test("a refusal in the browser is the program's, in the provider's words", async () => {
    const outcome = await run(artefact, ["web-consent", "true"], { env: withBrowser });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/refuses the login: access_denied: the user did not consent/);
    await shows(/^400 [^]*The login did not work[^]*the user did not consent/);
  });

  test.each([
    ["no browser can be shown", {}],
    ["none is wanted", { DISPLAY: ":0", AWSRUNAS_BROWSER: "none" }],
    ["it does not start", { AWSRUNAS_BROWSER: "/nonexistent/browser" }],
  ])("without a terminal a person is needed at once when %s", async (_when, env: Record<string, string>) => {
    const startedAt = Date.now();
    // With the flow named: a provider with a device flow would be asked for a code.
    const outcome = await run(artefact, ["web", "true"], { env: { ...stage.env, WEB_IDENTITY_FLOW: "browser", ...env } });
    expect(outcome).toMatchObject({ status: 7, stdout: "" });
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  test("a port that is taken is named", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const env = { ...withBrowser, WEB_IDENTITY_REDIRECT_URI: `http://127.0.0.1:${port}/callback` };
    const outcome = await run(artefact, ["web", "true"], { env });
    server.close();
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain(`cannot wait for the browser on port ${port} of this machine: another program listens there`);
  });

  test("a signal ends the wait at once", async () => {
    const child = start(artefact, ["web", "true"], { env: { ...stage.env, AWSRUNAS_BROWSER: "true" } });
    const outcome = outcomeOf(child);
    await new Promise((resolve) => child.stderr?.once("data", resolve));
    child.kill("SIGINT");
    expect(await outcome).toMatchObject({ status: 130 });
  });

  const commandLine = (...words: string[]) => [...artefact.command, ...words].map((word) => `'${word}'`).join(" ");
  const overSsh = () => ({ PATH: process.env["PATH"], ...stage.env, SSH_TTY: "/dev/pts/9", WEB_IDENTITY_FLOW: "browser" });

  test.skipIf(!hasScript)(
    "over SSH the redirect is pasted, a wrong one is asked for again, and the command gets the next keys",
    async () => {
      await using session = new Session(
        `stty cols 500; ${commandLine("web", "sh", "-c", 'read a; echo "read:$a for $AWSRUNAS_PROFILE"')}`,
        overSsh(),
      );
      await session.sees("paste that page's address here");
      const redirect = await redirectFor(/http\S+\/auth\?\S+/.exec(session.output)?.[0] ?? "");
      session.types(`${redirect.replace(/state=[^&]*/, "state=another")}\r`);
      await session.sees("That address is of another login.");
      session.types(`${redirect}\r`);
      await session.sees("Logged in as alice.");
      session.types("keys\n");
      await session.sees("read:keys for web");
      expect(await session.status).toBe(0);
    },
  );

  test.skipIf(!hasScript)("Ctrl-C at the question ends the login at once", async () => {
    await using session = new Session(`${commandLine("web", "true")}; echo "status $?"`, overSsh());
    await session.sees("paste that page's address here");
    const pressedAt = Date.now();
    session.types("\u0003");
    await session.sees("status 130");
    expect(Date.now() - pressedAt).toBeLessThan(1_000);
  });

  test.skipIf(!hasScript)("the browser is faster than a person who may paste, and the question goes away", async () => {
    await using session = new Session(`${commandLine("web", "sh", "-c", "stty -a; echo over")}`, {
      PATH: process.env["PATH"],
      ...withBrowser,
    });
    await session.sees("Logged in as alice.");
    await session.sees("over");
    expect(session.output).toMatch(/ icanon/);
    expect(session.output).toMatch(/ echo /);
  });

  async function redirectFor(address: string): Promise<string> {
    const person = new Browser();
    const { name, password } = stage.sandbox.users.alice;
    const page = await person.submit(await person.get(address), { username: name, password });
    return page.url.href;
  }
});
