/**
 * SAML in Chromium, driven by its debugging pipe, on both artefacts: at pages that post a response in every way there is, and at a real Keycloak.
 *
 * As root in a container Chromium runs neither in its sandbox nor on a display, so a script in PATH gives it the flags for that. It also leads
 * AWS's names to a port of this test, where nothing may ever arrive.
 */

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { artefacts, makeHome, outcomeOf, run, start } from "../binary/artefacts.ts";
import { AWS_SIGN_IN as AWS, rolePair, samlResponse } from "../fakes/saml-response.ts";
import { makeCertificate } from "../http/certificate.ts";
import { python } from "./install.ts";
import { createRealm } from "./keycloak.ts";
import { awsRealm, withRoles } from "./keycloak-saml.ts";

const aws = join(python, "bin/aws");
const whoAmI = [aws, "sts", "get-caller-identity", "--output", "json"];

const formTo = (action: string, { relayState = "", target = "" } = {}) =>
  `<form method="post" action="${action}" target="${target}"><input type="hidden" name="RelayState" value="${relayState}">
  <input type="hidden" name="SAMLResponse" value="${samlResponse()}"></form>
  <script>document.forms[0].submit()</script>`;

const awsClient = { name: "aws", roles: [rolePair("dev")] };
const alice = { username: "alice", password: "alice's password", more: withRoles([awsClient], () => true) };

/** A person at Keycloak's login page, as an extension of the browser. */
const person = {
  "manifest.json": JSON.stringify({
    manifest_version: 3,
    name: "a person",
    version: "1",
    content_scripts: [{ matches: ["http://127.0.0.1/*"], js: ["person.js"], run_at: "document_idle" }],
  }),
  "person.js": `const field = (id) => document.getElementById(id);
    if (field("kc-login")) { field("username").value = "alice"; field("password").value = "alice's password"; field("rememberMe")?.click(); field("kc-login").click(); }`,
};

/** Of one test, by path; a function sees the request's cookies. */
type Pages = Record<string, string | ((cookie: string) => string)>;

let provider: Server;
let origin: string;
let pages: Pages;
let requests: string[];
/** Requests that AWS's sign-in would have got. Connections without one are Chromium's way of being ahead of a navigation. */
let leaks: string[];
let sink: Server;

beforeAll(async () => {
  const keycloak = { url: inject("keycloakUrl") };
  await createRealm(keycloak, "saml-browser", [alice], { ...awsRealm([awsClient]), rememberMe: true });
  provider = createServer((request, response) => {
    const path = request.url ?? "";
    if (path === "/favicon.ico") return response.writeHead(404).end();
    requests.push(`${request.method} ${path}`);
    if (path === "/hop") return response.writeHead(307, { location: AWS }).end();
    const page = pages[path] ?? "";
    const html = typeof page === "string" ? page : page(request.headers.cookie ?? "");
    return response.writeHead(200, { "content-type": "text/html", "set-cookie": "known=yes; Max-Age=3600; Path=/" }).end(html);
  });
  sink = createTlsServer(makeCertificate("signin.aws.amazon.com"), (request, response) => {
    leaks.push(`${request.method} ${request.headers.host}${request.url}`);
    response.end();
  });
  for (const server of [provider, sink]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const server of [provider, sink]) {
    server.closeAllConnections();
    server.close();
  }
});

/** Chromium's processes that have this folder's profile. */
function processesIn(folder: string): number {
  const list = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  return list.split("\n").filter((line) => line.includes(`--user-data-dir=${folder}`)).length;
}

describe.each(artefacts)("$name", (artefact) => {
  let home: ReturnType<typeof makeHome>;
  let env: Record<string, string>;
  const browserHome = () => join(home.path, ".aws/aws-runas/browser");
  const profileFolder = () => join(browserHome(), readdirSync(browserHome())[0] ?? "");
  const login = (...words: string[]) => run(artefact, [...words, "saml", ...whoAmI], { env, timeoutMs: 60_000 });

  beforeEach(() => {
    [requests, leaks] = [[], []];
    pages = { "/start": formTo(AWS) };
    home = makeHome(
      `[profile saml]\nsaml_auth_url = ${origin}/start\nsaml_provider = browser\nregion = us-east-1\nrole_arn = ${rolePair("dev").split(",")[0]}\n`,
    );
    const programs = join(home.path, "bin");
    mkdirSync(programs);
    const { port } = sink.address() as AddressInfo;
    const rules = ["*.amazon.com", "*.amazonaws.cn"].map((name) => `MAP ${name} 127.0.0.1:${port}`).join(",");
    const flags = `--headless=new --no-sandbox --disable-popup-blocking --ignore-certificate-errors '--host-resolver-rules=${rules}'`;
    writeFileSync(join(programs, "chromium"), `#!/bin/sh\nexec /usr/bin/chromium ${flags} "$@"\n`);
    chmodSync(join(programs, "chromium"), 0o755);
    const PATH = `${programs}:${process.env["PATH"]}`;
    env = { HOME: home.path, PATH, DISPLAY: ":99", AUTH_BROWSER: "chromium", AWS_ENDPOINT_URL_STS: inject("motoUrl") };
  });
  afterEach(() => home.remove());

  test.each<[string, Pages, readonly string[]]>([
    ["the page itself", {}, ["GET /start"]],
    ["a post of half a megabyte", { "/start": formTo(AWS, { relayState: "x".repeat(500_000) }) }, ["GET /start"]],
    ["a form into a new tab", { "/start": formTo(AWS, { target: "_blank" }) }, ["GET /start"]],
    [
      "a pop-up",
      { "/start": `<script>open("/pop", "p", "width=300,height=300")</script>`, "/pop": formTo(AWS) },
      ["GET /start", "GET /pop"],
    ],
    [
      "a frame of another site",
      { "/start": `<iframe src="http://localhost:PORT/in"></iframe>`, "/in": formTo(AWS) },
      ["GET /start", "GET /in"],
    ],
    ["a redirect that keeps the post", { "/start": formTo("/hop") }, ["GET /start", "POST /hop"]],
    ["a region of another partition", { "/start": formTo("https://cn-north-1.signin.amazonaws.cn/saml") }, ["GET /start"]],
  ])("the response is taken from %s, and AWS's sign-in sees nothing", async (_what, changed, expected) => {
    for (const [path, page] of Object.entries(changed)) pages[path] = String(page).replace("PORT", new URL(origin).port);
    const outcome = await login();
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("Logged in as jo@example.com.") });
    expect(outcome.stdout).toContain("assumed-role/dev/");
    expect({ requests, leaks }).toEqual({ requests: expected, leaks: [] });
    expect(processesIn(profileFolder())).toBe(0);
  });

  test("a provider that knows the browser again asks nothing the second time; the browser leaves no lock", async () => {
    pages["/start"] = (cookie) =>
      cookie.includes("known=yes")
        ? formTo(AWS)
        : `<form action="/log-in" method="post"></form><script>document.forms[0].submit()</script>`;
    pages["/log-in"] = formTo(AWS);
    expect(await login()).toMatchObject({ status: 0 });
    expect(await login("-r")).toMatchObject({ status: 0 });
    expect(requests).toEqual(["GET /start", "POST /log-in", "GET /start"]);
    expect(readdirSync(profileFolder()).filter((name) => name.startsWith("Singleton"))).toEqual([]);
    await run(artefact, ["logout", "saml"], { env });
    expect(readdirSync(browserHome())).toEqual([]);
  });

  test("where nothing is kept, the window is a private one", async () => {
    env = { ...env, AWSRUNAS_STORE: "none" };
    expect(await login()).toMatchObject({ status: 0, stdout: expect.stringContaining("assumed-role/dev/") });
  });

  test.each(["SIGINT", "SIGKILL"] as const)("%s while a person logs in ends Chromium in order", async (signal) => {
    pages["/start"] = "<h1>Who are you?</h1>";
    const child = start(artefact, ["saml", "true"], { env });
    const outcome = outcomeOf(child);
    await expect.poll(() => requests, { timeout: 20_000 }).toEqual(["GET /start"]);
    child.kill(signal);
    await outcome;
    await expect.poll(() => processesIn(profileFolder()), { timeout: 10_000 }).toBe(0);
    expect(readdirSync(profileFolder()).filter((name) => name.startsWith("Singleton"))).toEqual([]);
  });

  test("a Chromium that is ended from outside ends the login", async () => {
    pages["/start"] = "<h1>Who are you?</h1>";
    const child = start(artefact, ["saml", "true"], { env });
    const outcome = outcomeOf(child);
    await expect.poll(() => requests, { timeout: 20_000 }).toEqual(["GET /start"]);
    const list = execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).split("\n");
    const main = list.find((line) => line.includes(`--user-data-dir=${profileFolder()}`) && !line.includes("--type=")) ?? "";
    process.kill(Number.parseInt(main, 10), "SIGTERM");
    expect(await outcome).toMatchObject({ status: 130, stderr: expect.stringContaining("the browser window was closed before") });
  });

  test("a Chromium that has the profile open already is reported", async () => {
    expect(await login()).toMatchObject({ status: 0 });
    const other = spawn(
      "/usr/bin/chromium",
      ["--headless=new", "--no-sandbox", "--remote-debugging-pipe", `--user-data-dir=${profileFolder()}`],
      {
        stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      },
    );
    await expect.poll(() => readdirSync(profileFolder()), { timeout: 20_000 }).toContain("SingletonLock");
    const outcome = await login("-r");
    other.kill("SIGTERM");
    await expect.poll(() => processesIn(profileFolder()), { timeout: 10_000 }).toBe(0);
    expect(outcome).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("another chromium runs with the profile that is kept for this login"),
    });
  });

  test("at Keycloak a person logs in once; the next login finds its session in the browser's profile", async () => {
    const extension = join(home.path, "person");
    mkdirSync(extension);
    for (const [name, text] of Object.entries(person)) writeFileSync(join(extension, name), text);
    const wrapper = join(home.path, "bin/chromium");
    const feature = "DisableLoadExtensionCommandLineSwitch";
    writeFileSync(
      wrapper,
      readFileSync(wrapper, "utf8").replace(' "$@"', ` --disable-features=${feature} --load-extension=${extension} "$@"`),
    );
    env = { ...env, SAML_AUTH_URL: `${inject("keycloakUrl")}/realms/saml-browser/protocol/saml/clients/aws` };
    const outcome = await login();
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("Logged in as alice.") });
    expect(outcome.stdout).toContain("assumed-role/dev/alice");
    writeFileSync(join(extension, "person.js"), "");
    expect(await login("-r")).toMatchObject({ status: 0, stderr: expect.stringContaining("Logged in as alice.") });
    expect(leaks).toEqual([]);
  });
});
