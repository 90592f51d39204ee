/** Managing a server over HTTP, by both built programs against the sandbox: switching, logging in there, trying and saving settings. */

import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { Browser } from "../sandbox/browser.ts";
import { type Artefact, artefacts, outcomeOf, start } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly json: unknown;
}

interface Served {
  readonly child: ChildProcess;
  readonly outcome: ReturnType<typeof outcomeOf>;
  readonly base: string;
  readonly token: string;
}

const ROLE = "arn:aws:iam::123456789012:role";
const TEXT = "text/plain";
const FORM = "application/x-www-form-urlencoded";

/** Without a browser on this machine another flow would be taken. */
const WEB = `
[profile web]
source_profile = sandbox
role_arn = ${ROLE}/developer
web_identity_redirect_uri = http://127.0.0.1/callback
web_identity_flow = browser
`;

let stage: Stage;
let served: Served;
/** Everything that was answered but at /credentials. */
let told: string[];

beforeEach(async () => {
  stage = await setStage(WEB);
  told = [];
});

afterEach(async () => {
  served.child.kill("SIGTERM");
  const { status, stdout, stderr } = await served.outcome;
  await stage.close();
  const { alice, tess } = stage.sandbox.users;
  const secrets = new RegExp([alice.password, tess.password, "ASIA", "IQoJ", "hunter2"].join("|"));
  const shown = [...told, stdout.replace(/^export .*$/gm, ""), stderr.replaceAll(/the token for .*|its page is .*/g, "")].join("\n");
  if (status !== 0 || secrets.test(shown) || shown.includes(served.token)) throw new Error(`status ${status}, or a secret: ${shown}`);
});

async function serve(artefact: Artefact, args: readonly string[] = [], env = stage.env): Promise<void> {
  const child = start(artefact, ["-vv", "serve", "ecs", "-p", "0", ...args], { env });
  const outcome = outcomeOf(child);
  const printed = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()).includes("TOKEN='") && text.endsWith("'\n") && resolve(text));
    void outcome.then(({ stderr }) => reject(new Error(stderr)));
  });
  const [, base = ""] = /'(http[^']*)\/credentials'/.exec(printed) ?? [];
  const [, token = ""] = /TOKEN='([^']*)'/.exec(printed) ?? [];
  served = { child, outcome, base, token };
}

/** Its clients have no token; who manages it reads one on stderr. */
async function serveEc2(artefact: Artefact): Promise<void> {
  const child = start(artefact, ["serve", "ec2", "-p", "0"], { env: stage.env });
  const outcome = outcomeOf(child);
  const printed = await new Promise<string>((resolve) => {
    let text = "";
    const look = (chunk: Buffer) => (text += chunk.toString()).includes("until it is ended") && resolve(text);
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
  });
  const [, base = ""] = /at (http\S+)\/ until/.exec(printed) ?? [];
  const [, token = ""] = /the token for its management API is (\S+)/.exec(printed) ?? [];
  served = { child, outcome, base, token };
}

async function ask(
  method: string,
  path: string,
  { body, type, token = served.token }: { body?: string; type?: string; token?: string } = {},
): Promise<Answer> {
  const headers = { authorization: token, ...(type === undefined ? {} : { "content-type": type }) };
  const response = await fetch(served.base + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  if (!path.startsWith("/credentials")) told.push(text, JSON.stringify([...response.headers]));
  const json: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, type: response.headers.get("x-awsrunas-authentication-type"), text, json };
}

const switchTo = (name: string) => ask("POST", "/profile", { body: name, type: TEXT });
const form = (method: string, path: string, fields: Record<string, string>) =>
  ask(method, path, { body: new URLSearchParams(fields).toString(), type: FORM });
const answer = async (given: object) => {
  const question = (await state())["login"]?.["question"] as { id: string } | undefined;
  return ask("POST", "/answer", { body: JSON.stringify({ question: question?.id, ...given }), type: "application/json" });
};
const accessKeyId = async (path = "/credentials") => ((await ask("GET", path)).json as { AccessKeyId?: string }).AccessKeyId;
const state = async () => (await ask("GET", "/state")).json as Record<string, Record<string, unknown> | null>;

describe.each(artefacts)("$name", (artefact) => {
  test("a login with a wrong password, then the right one, makes the profile the active one", async () => {
    await serve(artefact);
    expect(await ask("GET", "/profile")).toMatchObject({ status: 404, json: { code: "no-profile" } });
    expect(await ask("GET", "/credentials")).toMatchObject({ status: 404 });
    expect(await switchTo("developer")).toMatchObject({ status: 401, type: "AUTH", json: { username: "alice" } });
    expect(await form("POST", "/auth", { username: "alice", password: "hunter2" })).toMatchObject({ status: 401, type: "AUTH" });
    expect((await state())["login"]?.["said"]).toEqual([expect.stringContaining("refuses the user name or password")]);
    const { password } = stage.sandbox.users.alice;
    expect(await form("POST", "/auth", { username: "alice", password })).toMatchObject({ status: 200, json: { name: "developer" } });
    expect((await state())["active"]).toMatchObject({ name: "developer", user: "alice", arn: expect.stringContaining("/developer/alice") });
    expect(await accessKeyId()).toMatch(/^ASIA/);
  });

  test("a one-time code is asked for after the password, and a wrong one again", async () => {
    await serve(artefact);
    expect(await switchTo("totp")).toMatchObject({ status: 401, type: "AUTH", json: { username: "tess" } });
    const { password } = stage.sandbox.users.tess;
    expect(await form("POST", "/auth", { password })).toMatchObject({ status: 401, type: "MFA", json: { question: expect.any(String) } });
    expect(await form("POST", "/mfa", { mfa: "000000" })).toMatchObject({ status: 401, type: "MFA" });
    const code = stage.sandbox.provider.totp("tess");
    expect(await form("POST", "/mfa", { mfa: code })).toMatchObject({ status: 200, json: { name: "totp", username: "tess" } });
    expect(await accessKeyId()).toMatch(/^ASIA/);
  });

  test("the code of an MFA device of AWS is asked for by the same header", async () => {
    await serve(artefact);
    expect(await switchTo("guarded")).toMatchObject({ status: 401, type: "MFA" });
    const mfa = new Totp(stage.sandbox.iamUsers.mia.mfa.totpSecret).code();
    expect(await form("POST", "/mfa", { mfa })).toMatchObject({ status: 200, json: { kind: "iam", role_arn: `${ROLE}/guarded` } });
  });

  test("one of several roles is chosen", async () => {
    await serve(artefact, [], { ...stage.env, SAML_PASSWORD: stage.sandbox.users.alice.password });
    const asked = await switchTo("saml");
    const { options } = asked.json as { options: string[] };
    expect(asked).toMatchObject({ status: 401, type: "ASK", json: { kind: "choice", message: "Role" } });
    expect(options).toContain(`${ROLE}/short`);
    expect(await answer({ choice: options.length })).toMatchObject({ status: 409, json: { code: "not-asked" } });
    expect(await answer({ choice: options.indexOf(`${ROLE}/short`) })).toMatchObject({ status: 200, json: { kind: "saml" } });
    expect((await state())["active"]).toMatchObject({ arn: expect.stringContaining("assumed-role/short/") });
  });

  test("a login on another device is shown, and can be cancelled", { timeout: 30_000 }, async () => {
    await serve(artefact);
    expect(await switchTo("device-code")).toMatchObject({ status: 202 });
    const { login } = await state();
    expect(login).toMatchObject({ profile: "device-code", question: null, wait: { number: null }, qr: expect.stringMatching(/^http:/) });
    expect(login?.["said"]).toEqual([expect.stringContaining("enter the code")]);
    expect(await ask("POST", "/cancel")).toMatchObject({ status: 200, json: { cancelled: true } });
    expect(await state()).toMatchObject({ active: null, login: null, problem: null });
  });

  test("a login in a browser elsewhere comes back by its address, given as an answer", async () => {
    await serve(artefact);
    expect(await switchTo("web")).toMatchObject({ status: 401, type: "ASK", json: { kind: "text" } });
    expect(await answer({ answer: "http://127.0.0.1:1/elsewhere" })).toMatchObject({ status: 401, type: "ASK" });
    const said = (await state())["login"]?.["said"] as string[];
    expect(said.at(-1)).toContain("That is not where this login ends");
    const [address = ""] = /http\S+$/m.exec(said[0] ?? "") ?? [];
    const browser = new Browser();
    const { name: username, password } = stage.sandbox.users.alice;
    const end = await browser.submit(await browser.get(address), { username, password, step: "sign-in" });
    expect(await answer({ answer: end.url.href })).toMatchObject({ status: 200, json: { name: "web" } });
  });

  test("a switch that fails leaves the one before active, and serves it all the time", async () => {
    await serve(artefact, ["developer"], stage.asAlice);
    const before = await accessKeyId();
    expect(await switchTo("nobody")).toMatchObject({ status: 404, json: { code: "profile-not-found" } });
    expect(await switchTo("tess-only")).toMatchObject({ status: 403, json: { code: "aws-refused" } });
    expect(await accessKeyId()).toBe(before);
    expect(await state()).toMatchObject({ active: { name: "developer" }, problem: { code: "aws-refused" } });
  });

  test("programs that ask at the same time, for whom nobody is asked, take nothing from a login", { timeout: 40_000 }, async () => {
    await serve(artefact);
    const early = Promise.all(["developer", "short"].map((name) => ask("GET", `/credentials/${name}`)));
    expect(await switchTo("developer")).toMatchObject({ status: 401, type: "AUTH" });
    const late = ask("GET", "/credentials/short");
    const aside = ask("GET", "/credentials/link-1");
    expect((await aside).status).toBe(200);
    const { password } = stage.sandbox.users.alice;
    expect(await form("POST", "/auth", { password })).toMatchObject({ status: 200 });
    for (const { status, text } of [...(await early), await late]) expect(status === 200 || text.includes('"person-needed"')).toBe(true);
    expect((await ask("GET", "/credentials/developer")).status).toBe(200);
  });

  test("another profile's credentials leave the active one as it is", async () => {
    await serve(artefact, ["developer"], stage.asAlice);
    const before = (await ask("GET", "/profile")).text;
    expect(await accessKeyId("/credentials/short")).toMatch(/^ASIA/);
    expect((await ask("GET", "/profile")).text).toBe(before);
  });

  test("/refresh answers when there are new credentials", async () => {
    await serve(artefact, ["developer"], stage.asAlice);
    const before = await accessKeyId();
    stage.cost();
    expect(await ask("POST", "/refresh")).toMatchObject({ status: 200, json: { name: "developer" } });
    expect(stage.cost().sts).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(await accessKeyId()).toMatch(/^ASIA/);
    expect(await accessKeyId()).not.toBe(before);
  });

  test("/refresh asks where that needs a person, and until then the old credentials are served", async () => {
    await serve(artefact);
    const totp = new Totp(stage.sandbox.iamUsers.mia.mfa.totpSecret);
    const nextCode = () => {
      const code = totp.code();
      totp.accept(code);
      return code;
    };
    await switchTo("guarded");
    await form("POST", "/mfa", { mfa: nextCode() });
    const before = await accessKeyId();
    expect(await ask("POST", "/refresh")).toMatchObject({ status: 401, type: "MFA" });
    expect(await accessKeyId()).toBe(before);
    expect(await form("POST", "/mfa", { mfa: nextCode() })).toMatchObject({ status: 200, json: { name: "guarded" } });
    expect(await accessKeyId()).not.toBe(before);
  });

  test("GETs change nothing and need the token; no GET answers a question", async () => {
    await serve(artefact);
    await switchTo("developer");
    stage.cost();
    const { password } = stage.sandbox.users.alice;
    expect((await ask("GET", `/auth?password=${encodeURIComponent(password)}`)).status).toBe(405);
    const paths = ["/state", "/profiles", "/list-profiles", "/list-roles", "/openapi.json"];
    for (const path of paths) {
      expect((await ask("GET", path, { token: "wrong" })).status).toBe(401);
      expect((await ask("GET", path)).status).toBe(200);
    }
    expect(stage.cost()).toEqual({ provider: [], sts: [] });
    expect((await state())["login"]).toMatchObject({ profile: "developer", question: { kind: "credentials" } });
    expect(await form("POST", "/auth", { password })).toMatchObject({ status: 200 });
  });

  test("a body that is too long is refused", async () => {
    await serve(artefact);
    expect((await ask("POST", "/auth", { body: `password=${"a".repeat(20_000)}`, type: FORM }).catch(() => ({ status: 413 }))).status).toBe(
      413,
    );
    expect((await ask("GET", "/state")).status).toBe(200);
  });

  test("settings are tried without being saved, then saved with every other byte of the file kept", async () => {
    await serve(artefact, ["developer"], stage.asAlice);
    const config = () => readFileSync(join(stage.home, ".aws/config"), "utf8");
    const before = config();
    const settings = {
      "adv-type": "oidc",
      "role-arn": `${ROLE}/short`,
      "auth-url": stage.sandbox.provider.issuer,
      "client-id": "aws-runas",
      "redirect-uri": "app:/callback",
      username: "alice",
    };
    expect(await form("POST", "/profile/custom", settings)).toMatchObject({
      status: 200,
      json: { name: "(custom)", role_arn: `${ROLE}/short` },
    });
    expect((await state())["active"]).toMatchObject({ name: "(custom)", arn: expect.stringContaining("assumed-role/short/") });
    expect(config()).toBe(before);
    const saved = await form("PUT", "/profile/custom", {
      ...settings,
      "profile-name": "mine",
      password: stage.sandbox.users.alice.password,
    });
    expect(saved).toMatchObject({ status: 200, json: { name: "mine" } });
    expect(config().startsWith(before)).toBe(true);
    expect(config().slice(before.length)).toContain(`[profile mine]\nrole_arn = ${ROLE}/short\n`);
    expect(await form("PUT", "/profile/custom", { ...settings, "profile-name": "mine" })).toMatchObject({ status: 409 });
    expect(await switchTo("mine")).toMatchObject({ status: 200, json: { name: "mine" } });
  });

  test("serve ec2 is managed by a token that its clients do not have", async () => {
    await serveEc2(artefact);
    for (const token of ["", "wrong"]) {
      expect(await ask("POST", "/profile", { body: "developer", type: TEXT, token })).toMatchObject({ status: 401, type: null });
    }
    expect(await switchTo("developer")).toMatchObject({ status: 401, type: "AUTH" });
    expect(await form("POST", "/auth", { password: stage.sandbox.users.alice.password })).toMatchObject({ status: 200 });
    const headers = { "X-aws-ec2-metadata-token-ttl-seconds": "60" };
    const session = await (await fetch(`${served.base}/latest/api/token`, { method: "PUT", headers })).text();
    const roles = `${served.base}/latest/meta-data/iam/security-credentials/`;
    expect(await (await fetch(roles, { headers: { "X-aws-ec2-metadata-token": session } })).text()).toBe("developer");
    expect((await state())["requests"]).toContainEqual(expect.objectContaining({ path: "/latest/api/token", status: 200 }));
  });

  test("a server that ends while a login waits ends at once", async () => {
    await serve(artefact);
    await switchTo("developer");
    const began = performance.now();
    served.child.kill("SIGTERM");
    expect((await served.outcome).status).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
