/**
 * SAML in a browser that is driven by its debugging pipe, on both built programs; the browser is a small program that speaks the protocol
 * (programs/devtools.mjs), found in PATH as Chromium is. A real one is in test/peers/saml-browser.test.ts.
 */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AWS_SIGN_IN as AWS, roleArn, rolePair, samlResponse } from "../fakes/saml-response.ts";
import { artefacts, makeHome, outcomeOf, run, start } from "./artefacts.ts";

const fake = join(import.meta.dirname, "programs/devtools.mjs");
const SECRETS = { SAML_PASSWORD: "s1", MFA_CODE: "123456", AWS_SECRET_ACCESS_KEY: "s3", AWS_ACCESS_KEY_ID: "s4", AWS_SESSION_TOKEN: "s5" };

const formTo = (action: string, response = samlResponse({ roles: [rolePair("dev"), rolePair("ops")] })) =>
  `<form method="post" action="${action}"><input type="hidden" name="SAMLResponse" value="${response}"><input type="hidden" name="RelayState" value=""></form>`;

describe.each(artefacts)("$name", (artefact) => {
  let provider: Server;
  let pages: Record<string, string>;
  let requests: string[];
  let home: ReturnType<typeof makeHome>;
  let env: Record<string, string>;

  const notesFile = () => join(home.path, "notes");
  const notes = () => (existsSync(notesFile()) ? readFileSync(notesFile(), "utf8").trimEnd().split("\n") : []);
  const list = (more: Record<string, string> = {}) =>
    run(artefact, ["list", "roles", "saml"], { env: { ...env, ...more }, timeoutMs: 30_000 });
  const folders = () => readdirSync(join(home.path, ".aws/aws-runas/browser"));

  beforeEach(async () => {
    requests = [];
    pages = { "/start": formTo(AWS) };
    provider = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      response.writeHead(200, { "content-type": "text/html" }).end(pages[request.url ?? ""] ?? "");
    });
    await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
    const { port } = provider.address() as AddressInfo;
    home = makeHome(`[profile saml]\nsaml_auth_url = http://127.0.0.1:${port}/start\nsaml_provider = browser\nregion = us-east-1\n`);
    const programs = join(home.path, "bin");
    mkdirSync(programs);
    writeFileSync(join(programs, "chromium"), `#!/bin/sh\nexec '${process.execPath}' '${fake}' "$@"\n`);
    chmodSync(join(programs, "chromium"), 0o755);
    env = { HOME: home.path, PATH: `${programs}:/usr/bin:/bin`, DISPLAY: ":9", NOTES: notesFile(), AUTH_BROWSER: "chromium" };
  });
  afterEach(() => {
    provider.close();
    home.remove();
  });

  test("the login ends at the post to AWS, which is not sent; the browser shows our page and is closed", async () => {
    const outcome = await list();
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.stderr).toMatch(
      /Log in at 127\.0\.0\.1:\d+ for profile saml in the window that Chromium opens\.\n.*Logged in as jo@example\.com\.\n/,
    );
    expect(outcome.stdout).toContain(roleArn("dev"));
    expect(outcome.stdout).toContain(roleArn("ops"));
    expect(requests).toEqual(["GET /start"]);
    expect(notes().find((line) => line.startsWith("shown 200"))).toContain("You are logged in");
    expect(notes()).not.toContain("sent");
    expect(notes().at(-1)).toBe("browser Browser.close");
  });

  test("a second login finds the profile again, in a folder that is closed to others; logout takes it away", async () => {
    await list();
    expect(await run(artefact, ["-r", "list", "roles", "saml"], { env })).toMatchObject({ status: 0 });
    expect(notes()).toContain("visits 2");
    const [folder = "", ...others] = folders();
    expect(folder).toMatch(/^chromium-[0-9a-f]{16}$/);
    expect(others).toEqual([]);
    expect(statSync(join(home.path, ".aws/aws-runas/browser", folder)).mode & 0o777).toBe(0o700);
    const left = await run(artefact, ["logout", "saml"], { env });
    expect(left.stderr).toMatch(/saml is logged out: dropped .*the browser's profile/);
    expect(folders()).toEqual([]);
    await list();
    expect(notes().filter((line) => line.startsWith("visits"))).toContain("visits 1");
    await run(artefact, ["logout", "--all"], { env });
    expect(existsSync(join(home.path, ".aws/aws-runas/browser"))).toBe(false);
  });

  test("where nothing is kept, no profile is either, and the browser opens a private window", async () => {
    expect(await list({ AWSRUNAS_STORE: "none", TMPDIR: home.path })).toMatchObject({ status: 0 });
    expect(existsSync(join(home.path, ".aws/aws-runas/browser"))).toBe(false);
    expect(notes()[0]).toMatch(/--user-data-dir=\S+aws-runas-\d+-browser-\w+ .*--incognito/);
    expect(readdirSync(home.path).filter((name) => name.startsWith("aws-runas-"))).toEqual([]);
  });

  test("the temporary profile of a login that was ended by Ctrl-C is removed by the next one", async () => {
    const hidden = { ...env, AWSRUNAS_STORE: "none", TMPDIR: home.path };
    const left = () => readdirSync(home.path).filter((name) => name.startsWith("aws-runas-"));
    pages["/start"] = "a page that waits for a person";
    const child = start(artefact, ["list", "roles", "saml"], { env: hidden });
    const outcome = outcomeOf(child);
    await expect.poll(() => requests, { timeout: 10_000 }).toEqual(["GET /start"]);
    child.kill("SIGINT");
    await outcome;
    await expect.poll(notes).toContain("pipe ended");
    expect(left()).toEqual([expect.stringContaining(`-${child.pid}-browser-`)]);
    pages["/start"] = formTo(AWS);
    expect(await list(hidden)).toMatchObject({ status: 0 });
    expect(left()).toEqual([]);
  });

  test.each([
    ["a new tab or pop-up", { "/start": `<script>window.open("/tab")</script>`, "/tab": formTo(AWS) }, {}],
    ["another partition", { "/start": formTo("https://us-gov-west-1.signin.amazonaws-us-gov.com/saml") }, {}],
    ["a body that the event leaves out", {}, { MISCHIEF: "long" }],
  ])("%s is no way around it", async (_what, changed, more: Record<string, string>) => {
    Object.assign(pages, changed);
    const outcome = await list(more);
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringContaining(roleArn("dev")) });
    expect(notes()).not.toContain("sent");
  });

  test("posts to others, and to AWS without a response, are let go", async () => {
    pages["/start"] = formTo("/broker");
    pages["/broker"] = `<form method="post" action="${AWS}"><input name="nothing" value="x"></form>`;
    const child = start(artefact, ["list", "roles", "saml"], { env });
    const outcome = outcomeOf(child);
    await expect.poll(notes, { timeout: 10_000 }).toContain("sent");
    child.kill("SIGINT");
    await outcome;
    expect(requests).toEqual(["GET /start", "POST /broker"]);
  });

  test("a response without a role is told in the browser and here", async () => {
    pages["/start"] = formTo(AWS, samlResponse({ roles: [] }));
    expect(await list()).toMatchObject({ status: 4, stderr: expect.stringContaining("offers no AWS role") });
    expect(notes().find((line) => line.startsWith("shown 400"))).toMatch(/The login did not work.*offers no AWS role/);
  });

  test("the browser gets no password, code, or key, and its arguments hold neither the URL nor a port", async () => {
    await list(SECRETS);
    const variables = notes().find((line) => line.startsWith("environment")) ?? "";
    expect(variables).toContain(" DISPLAY ");
    for (const name of Object.keys(SECRETS)) expect(variables.split(" ")).not.toContain(name);
    expect(notes()[0]).toContain("--remote-debugging-pipe");
    expect(notes()[0]).not.toMatch(/127\.0\.0\.1|remote-debugging-port|no-sandbox|disable-web-security/);
  });

  test.each([
    ["window that is closed", "close", 130, /the browser window was closed before the login at 127\.0\.0\.1:\d+ was done/],
    ["browser that does not start", "broken", 4, /chromium does not start: it ended with status 127, saying: .*libnss3\.so/],
    ["profile in use", "in use", 4, /another chromium runs with the profile that is kept for this login.*SingletonLock/],
    ["browser that crashes", "crash", 4, /the browser ended by itself with status 139, saying: Received signal 11/],
    ["browser whose requests cannot be watched", "blind", 4, /the browser does not show what it posts/],
  ])("a %s is told", async (_what, MISCHIEF, status, message) => {
    expect(await list({ MISCHIEF })).toMatchObject({ status, stdout: "", stderr: expect.stringMatching(message) });
  });

  test("a browser that does not close is killed", async () => {
    expect(await list({ MISCHIEF: "stays" })).toMatchObject({ status: 0 });
    const pid = Number(/^started (\d+)/.exec(notes()[0] ?? "")?.[1]);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  test("a provider that is not reached is named", async () => {
    const outcome = await list({ SAML_AUTH_URL: "http://127.0.0.1:9/start" });
    expect(outcome).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/does not reach 127\.0\.0\.1:9: net::ERR_CONNECTION_REFUSED/),
    });
  });

  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("%s ends the browser with us", async (signal) => {
    pages["/start"] = "a page that waits for a person";
    const child = start(artefact, ["list", "roles", "saml"], { env });
    const outcome = outcomeOf(child);
    await expect.poll(() => requests, { timeout: 10_000 }).toEqual(["GET /start"]);
    child.kill(signal);
    expect((await outcome).status).toBeGreaterThan(128);
    await expect.poll(notes).toContain("pipe ended");
    // Nothing stands in the way of the next.
    pages["/start"] = formTo(AWS);
    expect(await list()).toMatchObject({ status: 0 });
  });

  test("two at once that want different logins at a provider take turns", async () => {
    const { port } = provider.address() as AddressInfo;
    pages["/other"] = formTo(AWS);
    const other = { SAML_AUTH_URL: `http://127.0.0.1:${port}/other` };
    const outcomes = await Promise.all([list(), list(other)]);
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0]);
    const turns = notes().filter((line) => /^started|Browser\.close$/.test(line));
    expect(turns.map((line) => line.split(" ")[0])).toEqual(["started", "browser", "started", "browser"]);
  });

  test("twenty that want the same open one window", async () => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => list()));
    expect(outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(notes().filter((line) => line.startsWith("started"))).toHaveLength(1);
  });

  test.each([
    ["there is no display", { DISPLAY: "" }],
    ["it would show at the other end of SSH", { SSH_TTY: "/dev/pts/9" }],
    ["none is wanted", { AWSRUNAS_BROWSER: "none" }],
    ["nobody is there", { AWSRUNAS_LOGIN: "never" }],
  ])("no window is opened where %s", async (_where, more) => {
    expect(await list(more)).toMatchObject({ status: 7, stdout: "" });
    expect(notes()).toEqual([]);
  });

  test("a provider by plain http, which is not on this machine, is refused", async () => {
    expect(await list({ SAML_AUTH_URL: "http://idp.example.com/" })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("by plain http"),
    });
    expect(notes()).toEqual([]);
  });

  test("a browser that is not installed is named", async () => {
    expect(await list({ AUTH_BROWSER: "msedge" })).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("Edge (auth_browser) is not installed"),
    });
  });
});
