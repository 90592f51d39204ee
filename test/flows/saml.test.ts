/** SAML, whole commands against the sandbox: its provider posts a response that its STS takes once it is the right one. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { createHome, runas } from "./test-world.ts";
import type { Answer, Home } from "./test-world.ts";

const ROLES = "arn:aws:iam::123456789012:role";
const CHINA = "arn:aws-cn:iam::210987654321:role/developer";
const LOGIN = ["GET /saml/aws", "POST /saml/aws", "GET /saml/aws"];

let sandbox: Sandbox;
let home: Home;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

beforeEach(() => {
  home = createHome(sandbox.configText);
  sandbox.provider.intercept = undefined;
  sandbox.provider.requests.length = 0;
  sandbox.sts.requests.length = 0;
  return () => home[Symbol.dispose]();
});

interface More {
  readonly env?: Record<string, string>;
  readonly answers?: Answer[];
  readonly stdin?: string;
}

/** As alice, whose password is in the environment. */
const run = (argv: string[], { env, ...more }: More = {}) =>
  runas(argv, { home, env: { ...sandbox.environment, SAML_PASSWORD: sandbox.users.alice.password, ...env }, ...more });
/** Without her password: what is kept has to do. */
const runWithout = (argv: string[], more: More = {}) => run(argv, { ...more, env: { SAML_PASSWORD: "", ...more.env } });
const asked = () => sandbox.provider.requests.map(({ method, path }) => `${method} ${path}`);
const lastForm = () => Object.fromEntries(new URLSearchParams(sandbox.sts.requests.at(-1)?.body));
const responseSent = () => lastForm()["SAMLAssertion"] ?? "";

describe("a run", () => {
  test("logs in by the provider's form, trades the assertion, and costs nothing the second time", async () => {
    const first = await run(["saml-developer", "true"]);
    expect(first).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(asked()).toEqual(LOGIN);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithSAML"]);
    expect(lastForm()).toMatchObject({
      RoleArn: `${ROLES}/developer`,
      PrincipalArn: "arn:aws:iam::123456789012:saml-provider/sandbox",
      DurationSeconds: "3600",
    });
    expect(await runWithout(["saml-developer", "true"])).toMatchObject({ status: 0, stderr: "" });
    expect(asked()).toEqual(LOGIN);
    expect(sandbox.sts.actions()).toHaveLength(1);
  });

  test("for a second role costs no login, as the assertion is still good", async () => {
    await run(["saml-developer", "true"]);
    expect((await runWithout(["-w", "saml-short", "true"])).stderr).toContain("assumed-role/short/alice");
    expect(asked()).toEqual(LOGIN);
  });

  test("with -r logs in by the provider's session, and asks for nothing", async () => {
    await run(["saml-developer", "true"]);
    const before = responseSent();
    expect(await runWithout(["-r", "saml-developer", "true"])).toMatchObject({ status: 0 });
    expect(asked()).toEqual([...LOGIN, "GET /saml/aws"]);
    expect(responseSent()).not.toBe(before);
  });

  test("gives the code of a second factor that was given with -o", async () => {
    const env = { SAML_PASSWORD: sandbox.users.tess.password };
    const outcome = await run(["-w", "-o", sandbox.provider.totp("tess"), "saml-totp", "true"], { env });
    expect(outcome.stderr).toContain("assumed-role/developer/tess");
  });

  test("asks for user name and password on the terminal where nothing tells them", async () => {
    const url = `${sandbox.provider.issuer}/saml/one`;
    const answers: Answer[] = [
      ["ser name", "alice"],
      ["assword", sandbox.users.alice.password],
    ];
    const outcome = await runas(["-w", "-S", url, `${ROLES}/developer`, "true"], { home, env: sandbox.environment, answers });
    expect(outcome).toMatchObject({ status: 0, unasked: [], stderr: expect.stringContaining("assumed-role/developer/alice") });
  });

  test("takes everything from flags", async () => {
    const { name, password } = sandbox.users.alice;
    const login = ["-S", `${sandbox.provider.issuer}/saml/aws`, "-U", name, "-P", password, "-R", "oidc", "-I", "urn:me"];
    const outcome = await runas(["-w", ...login, `${ROLES}/short`, "true"], { home, env: sandbox.environment });
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/short/alice") });
  });

  test("takes everything but the role from variables", async () => {
    const env = { SAML_AUTH_URL: `${sandbox.provider.issuer}/saml/aws`, SAML_USERNAME: "alice", SAML_PROVIDER: "oidc" };
    expect((await run(["-w", `${ROLES}/short`, "true"], { env })).stderr).toContain("assumed-role/short/alice");
  });

  test("without a terminal and without a password ends with 7", async () => {
    expect(await runWithout(["saml-developer", "true"])).toMatchObject({ status: 7 });
    expect(sandbox.sts.actions()).toEqual([]);
  });

  test("refuses a role that the assertion does not offer, and says where to look", async () => {
    const outcome = await run(["-J", `${ROLES}/tess-only`, "saml-target", "true"]);
    expect(outcome).toMatchObject({ status: 4, stderr: expect.stringMatching(/does not offer .*tess-only to alice\nhint: .*list roles/) });
    expect(sandbox.sts.actions()).toEqual([]);
  });
});

describe("a jump role", () => {
  test("gets the assertion's credentials, and assumes the role with them under the user's name and external id", async () => {
    const outcome = await run(["-w", "saml-partner", "true"]);
    expect(outcome.stderr).toContain("assumed-role/partner/alice");
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithSAML", "AssumeRole", "GetCallerIdentity"]);
    const forms = sandbox.sts.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(forms[0]).toMatchObject({ RoleArn: `${ROLES}/jump` });
    expect(forms[1]).toMatchObject({ RoleArn: `${ROLES}/partner`, ExternalId: "contract-7", RoleSessionName: "alice" });
  });

  test("is shared by the roles behind it", async () => {
    await run(["saml-target", "true"]);
    await runWithout(["saml-partner", "true"]);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithSAML", "AssumeRole", "AssumeRole"]);
  });

  test("makes an hour the most: more is an error before any login, which names the limit and the jump role", async () => {
    const outcome = await run(["-a", "2h", "saml-target", "true"]);
    expect(outcome).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/more than the 1h that AWS gives a role reached through a jump role/),
    });
    expect(outcome.stderr).toContain("jump_role_arn");
    expect(asked()).toEqual([]);
  });

  test("is what -s gives", async () => {
    expect((await run(["-s", "-w", "saml-target", "true"])).stderr).toContain("assumed-role/jump/alice");
    expect(await run(["-s", "saml-developer", "true"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("before those of its role"),
    });
  });
});

describe("durations", () => {
  test("go up to the role's own, without a jump role", async () => {
    expect(await run(["-a", "4h", "saml-developer", "true"])).toMatchObject({ status: 0 });
    expect(lastForm()["DurationSeconds"]).toBe("14400");
  });

  test("more than the role's maximum are refused by STS, with what to do", async () => {
    const outcome = await run(["-a", "2h", "saml-short", "true"]);
    expect(outcome).toMatchObject({ status: 5, stderr: expect.stringContaining("--role-name short --max-session-duration 7200") });
  });

  test("never exceed the assertion's SessionDuration, which is said where more was asked for", async () => {
    expect(await run(["-a", "45m", "saml-one", "true"])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("SessionDuration lets a session last 1800 seconds, less than the 2700 of"),
    });
    expect(lastForm()["DurationSeconds"]).toBe("1800");
    expect((await run(["-r", "saml-one", "true"])).stderr).toBe("");
    expect(lastForm()["DurationSeconds"]).toBe("1800");
    await run(["-r", "-a", "20m", "saml-one", "true"]);
    expect(lastForm()["DurationSeconds"]).toBe("1200");
  });
});

describe("of several roles", () => {
  const choose = (role: string): Answer[] => [["Role", role]];

  test("one is chosen on the terminal, and found again without a question until it expires; -r asks again", async () => {
    expect((await run(["-w", "saml", "true"], { answers: choose(`${ROLES}/short`) })).stderr).toContain("assumed-role/short/alice");
    expect((await runWithout(["-w", "saml", "true"], { answers: [] })).stderr).toContain("assumed-role/short/alice");
    const again = await runWithout(["-r", "-w", "saml", "true"], { answers: choose(`${ROLES}/developer`) });
    expect(again).toMatchObject({ unasked: [], stderr: expect.stringContaining("assumed-role/developer/alice") });
  });

  test("none is taken where there is no terminal", async () => {
    expect(await run(["saml", "true"])).toMatchObject({ status: 7, stderr: expect.stringContaining("4 roles are offered") });
    expect(sandbox.sts.actions()).toEqual([]);
  });

  test("the one chosen before is taken where there is no terminal, and that is said", async () => {
    await run(["saml", "true"], { answers: choose(`${ROLES}/short`) });
    const outcome = await runWithout(["-r", "-w", "saml", "true"]);
    expect(outcome.stderr).toContain(`the role is ${ROLES}/short, which was chosen the last time`);
    expect(outcome.stderr).toContain("assumed-role/short/alice");
  });

  test("the chosen one's partition says where STS is asked who it is, where no region is named", async () => {
    const args = ["-w", "-S", `${sandbox.provider.issuer}/saml/aws`, "-U", "alice", "bare", "true"];
    writeFileSync(home.file(".aws/config"), "[profile bare]\n");
    expect((await run(args, { answers: choose(CHINA) })).stderr).toContain("arn:aws-cn:sts::210987654321:assumed-role/developer/alice");
    expect(sandbox.sts.requests.at(-1)?.headers.authorization).toContain("/cn-north-1/sts/");
  });

  test("the chosen one's partition says which ReadOnlyAccess --read-only means", async () => {
    await run(["--read-only", "saml", "true"], { answers: choose(CHINA) });
    expect(lastForm()).toMatchObject({ RoleArn: CHINA, "PolicyArns.member.1.arn": "arn:aws-cn:iam::aws:policy/ReadOnlyAccess" });
    await run(["--read-only", "-r", "saml", "true"], { answers: choose(`${ROLES}/short`) });
    expect(lastForm()).toMatchObject({ "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess" });
  });

  test("a single one is taken without a question", async () => {
    expect((await run(["-w", "saml-one", "true"])).stderr).toContain("assumed-role/developer/alice");
  });
});

test("session policies are sent with the assertion; tags are an error that says why", async () => {
  await run(["--session-policy", '{"Version":"2012-10-17","Statement":[]}', "saml-developer", "true"]);
  expect(lastForm()["Policy"]).toBe('{"Version":"2012-10-17","Statement":[]}');
  expect(await run(["--session-tags", "a=b", "saml-developer", "true"])).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("AssumeRoleWithSAML takes no tags and no source identity"),
  });
});

describe("list roles", () => {
  test("shows what the assertion offers, sorted, after a login where none is kept", async () => {
    const outcome = await run(["list", "roles", "saml"]);
    const arns = [CHINA, `${ROLES}/developer`, `${ROLES}/jump`, `${ROLES}/short`];
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(outcome.stdout).toBe(`Available role ARNs for alice\n${arns.map((arn) => `  ${arn}\n`).join("")}`);
    expect(await runWithout(["-l", "saml"])).toMatchObject({ stdout: outcome.stdout });
    expect(asked()).toEqual(LOGIN);
  });

  test("with --json has the provider in IAM for each", async () => {
    const { stdout } = await run(["list", "roles", "--json", "saml-one"]);
    expect(JSON.parse(stdout)).toEqual({
      user: "alice",
      roles: [{ arn: `${ROLES}/developer`, principal: "arn:aws:iam::123456789012:saml-provider/sandbox" }],
    });
    expect(await runWithout(["-l", "--json", "saml-one"])).toMatchObject({ status: 0, stdout });
  });
});

test("list profiles says saml", async () => {
  const { stdout } = await run(["list", "profiles", "--json"]);
  const rows = JSON.parse(stdout) as { profile: string; kind: string; role: string | null }[];
  expect(rows.filter(({ kind }) => kind === "saml").map(({ profile }) => profile)).toEqual([
    "saml",
    "saml-developer",
    "saml-short",
    "saml-target",
    "saml-partner",
    "saml-totp",
    "saml-one",
  ]);
});

describe("login, status and logout", () => {
  test("login says who and until when", async () => {
    const { status, stderr } = await run(["login", "saml-developer"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/the credentials are arn:aws:sts::123456789012:assumed-role\/developer\/alice, until .+\n$/);
  });

  test("status shows credentials, assertion and session, and never the assertion itself", async () => {
    expect(await run(["status", "saml-developer"])).toMatchObject({ status: 1, stdout: expect.stringContaining("assertion    none") });
    await run(["saml-developer", "true"]);
    const text = await run(["status", "saml-developer"]);
    expect(text).toMatchObject({ status: 0, stdout: expect.stringMatching(/assertion {4}for alice, until .+\n {2}session {6}kept/) });
    const { stdout } = await run(["status", "--json", "saml-short"]);
    expect(JSON.parse(stdout)).toMatchObject({
      usable: true,
      credentials: null,
      token: null,
      assertion: { user: "alice", issuer: `${sandbox.provider.issuer}/saml`, roles: expect.arrayContaining([`${ROLES}/short`]) },
      session: true,
    });
    for (const shown of [text.stdout, stdout]) expect(shown).not.toContain(responseSent().slice(0, 40));
  });

  test("logout drops assertion, session and credentials, and says that the provider is not told", async () => {
    await run(["saml-developer", "true"]);
    await run(["saml-short", "true"]);
    const before = asked().length;
    const { status, stderr } = await run(["logout", "saml-short"]);
    expect(status).toBe(0);
    expect(stderr).toContain("saml-short is logged out: dropped the assertion, the provider's session, the credentials of 2 roles");
    expect(stderr).toContain("is not told, as SAML's logout is for AWS to ask for");
    expect(asked()).toHaveLength(before);
    expect(await runWithout(["saml-developer", "true"])).toMatchObject({ status: 7 });
    expect((await run(["logout", "saml"])).stderr).toContain("nothing was kept for saml");
  });

  test("a login by OpenID Connect at the same provider keeps a session of its own", async () => {
    await run(["saml-developer", "true"]);
    await run(["developer", "true"], { env: { WEB_IDENTITY_PASSWORD: sandbox.users.alice.password } });
    expect(await runWithout(["-r", "saml-developer", "true"])).toMatchObject({ status: 0 });
    expect(await runWithout(["-r", "developer", "true"])).toMatchObject({ status: 0 });
  });
});

describe("trust-policy", () => {
  const policy = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: "arn:aws:iam::123456789012:saml-provider/sandbox" },
        Action: "sts:AssumeRoleWithSAML",
        Condition: { StringEquals: { "SAML:aud": "https://signin.aws.amazon.com/saml" } },
      },
    ],
  };

  test("is the one that the role has, for the provider that the assertion names", async () => {
    const { status, stdout, stderr } = await run(["trust-policy", "saml-developer"]);
    expect({ status, policy: JSON.parse(stdout) as unknown }).toEqual({ status: 0, policy });
    expect(stderr).toContain(`this is for ${ROLES}/developer; the account needs arn:aws:iam::123456789012:saml-provider/sandbox too`);
    expect(sandbox.sts.actions()).toEqual([]);
  });

  test("is for the jump role where there is one, and for the chosen role where the profile names none", async () => {
    expect((await run(["trust-policy", "saml-target"])).stderr).toContain(`this is for ${ROLES}/jump`);
    expect((await run(["trust-policy", "saml"], { answers: [["Role", CHINA]] })).stdout).toContain(
      "arn:aws-cn:iam::210987654321:saml-provider",
    );
  });

  test.each(["--terraform", "--cloudformation"])("%s is refused before any login", async (flag) => {
    expect(await run(["trust-policy", flag, "saml"])).toMatchObject({ status: 2, stderr: expect.stringContaining("metadata") });
    expect(asked()).toEqual([]);
  });
});

test("token says that SAML has none, and drops nothing", async () => {
  await run(["saml-developer", "true"]);
  const refusal = { status: 2, stderr: expect.stringContaining("saml-developer logs in with SAML: no id token") };
  expect(await run(["-r", "token", "saml-developer"])).toMatchObject(refusal);
  expect(await runWithout(["status", "saml-developer"])).toMatchObject({ status: 0 });
});

test("a stored password logs in", async () => {
  const { password } = sandbox.users.alice;
  expect(await runWithout(["password", "saml"], { stdin: `${password}\n` })).toMatchObject({ status: 0 });
  const text = readFileSync(home.file(".aws/credentials"), "utf8");
  expect(text).toContain("saml_password =");
  expect(text).not.toContain(password);
  expect(await runWithout(["saml-developer", "true"])).toMatchObject({ status: 0 });
});

test("at -vv neither password nor assertion is said, or stands in a file in the clear", async () => {
  const outcome = await run(["-vv", "-E", "saml-developer", "true"]);
  const secrets = [sandbox.users.alice.password, responseSent(), responseSent().slice(0, 60)];
  const files = readdirSync(home.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, "latin1"));
  for (const text of [outcome.stdout, outcome.stderr, ...files]) for (const secret of secrets) expect(text).not.toContain(secret);
});
