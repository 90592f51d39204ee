/** The console: what AWS's sign-in is asked, what the browser is given, and what no argument ever holds. */

import { appendFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aliceFlow } from "./alice.ts";

const flow = aliceFlow();
let signIn: Server;
const asked: URL[] = [];
let answer: { status: number; body: string };

beforeAll(async () => {
  signIn = createServer((request, response) => {
    asked.push(new URL(request.url ?? "", "http://sign-in"));
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => signIn.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void signIn.close());
beforeEach(() => {
  asked.length = 0;
  answer = { status: 200, body: '{"SigninToken":"token-1"}' };
});

const signInAt = () => ({ AWS_ENDPOINT_URL_SIGNIN: `http://127.0.0.1:${(signIn.address() as AddressInfo).port}` });

function run(argv: string[], opened: string[] | undefined = undefined, more: Record<string, string> = {}) {
  const browser = opened && {
    isAvailable: true,
    open: async (url: URL) => {
      const page = await fetch(url, { redirect: "manual" });
      opened.push(url.href, page.headers.get("location") ?? "", String((await fetch(url, { redirect: "manual" })).status));
      return true;
    },
  };
  return flow.run(["console", ...argv], { env: { ...signInAt(), ...more }, ...(browser === undefined ? {} : { browser }) });
}

describe("console --print", () => {
  test("prints the address of the console with the role's credentials", async () => {
    const { stdout, status } = await run(["--print", "--service", "s3", "--region", "eu-west-1", "developer"]);
    expect(status).toBe(0);
    const login = new URL(stdout.trim());
    expect(Object.fromEntries(login.searchParams)).toEqual({
      Action: "login",
      Issuer: "aws-runas",
      Destination: "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1",
      SigninToken: "token-1",
    });
    expect(asked[0]?.searchParams.get("Action")).toBe("getSigninToken");
    expect(asked[0]?.searchParams.has("SessionDuration")).toBe(false);
    expect(Object.keys(JSON.parse(asked[0]?.searchParams.get("Session") ?? "") as object)).toEqual([
      "sessionId",
      "sessionKey",
      "sessionToken",
    ]);
  });

  test("opens China's console for a role there", async () => {
    const { stdout } = await run(["--print", "china"]);
    expect(new URL(stdout.trim()).searchParams.get("Destination")).toMatch(/^https:\/\/(cn-\w+-1\.)?console\.amazonaws\.cn\/console\/home/);
  });

  test("asks for another duration where the login leads to the role itself, and says why elsewhere", async () => {
    await run(["--print", "--duration", "12h", "developer"]);
    expect(asked[0]?.searchParams.get("SessionDuration")).toBe("43200");
    const { status, stderr } = await run(["--print", "--duration", "1h", "target"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("not for target, whose role is reached through the jump role arn:")]);
    expect((await run(["--print", "--duration", "1m", "developer"])).stderr).toContain("15m to 12h");
  });

  test("says what the sign-in said, without the credentials", async () => {
    answer = { status: 400, body: "<html>bad session</html>" };
    const { stderr, status } = await run(["--print", "developer"]);
    expect(status).toBe(5);
    expect(stderr).toContain("the console's sign-in answers 400: bad session");
    expect(stderr).not.toContain("ASIA");
  });
});

describe("console", () => {
  test("sends the browser there by an address that holds no secret and works once", async () => {
    const opened: string[] = [];
    const { status, stdout } = await run(["developer"], opened);
    expect(status).toBe(0);
    expect(stdout).toBe("");
    expect(opened[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}$/);
    expect(opened[1]).toContain("SigninToken=token-1");
    expect(opened[2]).toBe("404");
  });

  test("without a browser says how to get the address", async () => {
    const { status, stderr } = await run(["developer"]);
    expect(status).toBe(7);
    expect(stderr).toContain("aws-runas console --print developer");
  });

  test("takes no two browsers, and no service that is none", async () => {
    expect((await run(["--firefox-container", "--chrome-profile", "x", "developer"])).status).toBe(2);
    expect((await run(["--service", "../x", "developer"])).status).toBe(2);
  });

  test("logged in, and only then said that there is no browser", async () => {
    const before = flow.sandbox.provider.requests.length;
    expect((await run(["developer"])).status).toBe(7);
    expect(flow.sandbox.provider.requests).toHaveLength(before);
  });
});

describe("console with IAM", () => {
  const actionsOf = async (action: () => Promise<unknown>) => {
    const before = flow.sandbox.sts.actions().length;
    await action();
    return flow.sandbox.sts.actions().slice(before);
  };
  const lastForm = () => Object.fromEntries(new URLSearchParams(flow.sandbox.sts.requests.at(-1)?.body));
  const addProfile = (text: string) => appendFileSync(flow.home.file(".aws/config"), `\n${text}\n`);

  test("--duration was refused for a user's role: the user's own keys assume it then, without a session in between", async () => {
    const calls = await actionsOf(async () => {
      expect((await run(["--print", "--duration", "8h", "link-1"])).status).toBe(0);
    });
    expect(calls).toEqual(["GetCallerIdentity", "AssumeRole"]);
    expect(asked[0]?.searchParams.get("SessionDuration")).toBe("28800");
    expect(await actionsOf(() => run(["--print", "link-1"]))).toEqual(["GetSessionToken", "AssumeRole"]);
    expect(asked[1]?.searchParams.has("SessionDuration")).toBe(false);
  });

  test("--duration takes what is kept of a role that lives so long that the user's own keys assumed it", async () => {
    const calls = await actionsOf(async () => {
      for (let times = 0; times < 2; times++) {
        const outcome = await flow.run(["-a", "2h", "console", "--print", "--duration", "8h", "link-1"], { env: signInAt() });
        expect(outcome.status).toBe(0);
      }
    });
    expect(calls).toEqual(["GetCallerIdentity", "AssumeRole"]);
    expect(asked.map((url) => url.searchParams.get("SessionDuration"))).toEqual(["28800", "28800"]);
  });

  test.each([
    ["link-2", "whose role is reached through the role arn:aws:iam::123456789012:role/link-1"],
    ["saml-target", "whose role is reached through the jump role"],
    ["temporary", "which has temporary credentials"],
    ["instance", "which starts from temporary credentials"],
  ])("--duration is refused for %s before anybody is asked", async (name, why) => {
    addProfile("[profile temporary]\naws_access_key_id = ASIA1\naws_secret_access_key = s\naws_session_token = t");
    addProfile("[profile instance]\ncredential_source = Ec2InstanceMetadata\nrole_arn = arn:aws:iam::123456789012:role/x");
    const calls = await actionsOf(async () => {
      const { status, stderr } = await run(["--print", "--duration", "1h", name]);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`--duration is not for ${name}, ${why}`)]);
    });
    expect([calls, asked]).toEqual([[], []]);
  });

  test("a user without a role had no console: the session is a federated user's, for as long as STS is asked for", async () => {
    await run(["--print", "--duration", "2h", "ivy"]);
    expect(lastForm()).toMatchObject({ Action: "GetFederationToken", Name: "ivy", DurationSeconds: "7200" });
    expect(JSON.parse(lastForm()["Policy"] ?? "")).toMatchObject({ Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });
    expect(asked[0]?.searchParams.has("SessionDuration")).toBe(false);
    expect((await run(["--print", "ivy"])).stdout).toContain("SigninToken=token-1");
    expect(lastForm()).toMatchObject({ DurationSeconds: "43200" });
  });

  test("a user's MFA device cannot vouch for a session without a role, and that is said", async () => {
    const { status, stderr } = await run(["--print", "mia"]);
    expect([status, stderr]).toEqual([0, expect.stringContaining("its MFA device cannot vouch for the console's session")]);
  });

  test("temporary credentials open the console if they are a role's, and not if they are a user's session", async () => {
    for (const [name, source] of [["of-role", "link-1"] as const, ["of-user", "ivy"] as const]) {
      const { stdout } = await flow.run(["-O", "json", source], {});
      const keys = JSON.parse(stdout) as Record<string, string>;
      const lines = [`aws_access_key_id = ${keys["AccessKeyId"]}`, `aws_secret_access_key = ${keys["SecretAccessKey"]}`];
      addProfile([`[profile ${name}]`, ...lines, `aws_session_token = ${keys["SessionToken"]}`].join("\n"));
    }
    expect((await run(["--print", "of-role"])).status).toBe(0);
    expect(JSON.parse(asked[0]?.searchParams.get("Session") ?? "")).toMatchObject({ sessionId: expect.stringMatching(/^ASIA/) });
    const { status, stderr } = await run(["--print", "of-user"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("the console takes no session token of a user's")]);
    expect(asked).toHaveLength(1);
  });
});

describe("console's faults", () => {
  test("logged in before it said that region and endpoint are of no use", async () => {
    const before = flow.sandbox.provider.requests.length;
    expect((await run(["--print", "--region", "cn-north-1", "developer"])).status).toBe(2);
    expect((await run(["--print", "developer"], undefined, { AWS_ENDPOINT_URL_SIGNIN: "nonsense" })).status).toBe(3);
    expect(flow.sandbox.provider.requests).toHaveLength(before);
  });

  test("showed the secret key where a proxy's page repeats the address", async () => {
    answer = { status: 403, body: "" };
    signIn.prependListener("request", (request: IncomingMessage) => (answer = { status: 403, body: `blocked: ${request.url}` }));
    const { stderr, status } = await run(["--print", "developer"]);
    signIn.removeListener("request", signIn.listeners("request")[0] as () => void);
    expect(status).toBe(5);
    expect(stderr).toContain("the console's sign-in answers 403\n");
    expect(stderr).not.toMatch(/ASIA|sessionKey/);
  });

  test("called an endpoint that is no URL a bug of ours", async () => {
    const { status, stderr } = await run(["--print", "developer"], undefined, { AWS_ENDPOINT_URL_SIGNIN: "nonsense" });
    expect([status, stderr]).toEqual([3, expect.stringContaining("AWS_ENDPOINT_URL_SIGNIN is no URL")]);
  });

  test("made addresses of hosts that do not exist, for a region of another partition", async () => {
    const { status, stderr } = await run(["--print", "--region", "cn-north-1", "developer"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("cn-north-1 is not in the partition of the credentials, aws")]);
    const { stdout } = await run(["--print", "developer"], undefined, { AWS_REGION: "us-gov-west-1" });
    expect(new URL(stdout).searchParams.get("Destination")).toBe("https://console.aws.amazon.com/console/home");
  });

  test("put /home behind a page of a service", async () => {
    expect((await run(["--print", "--service", "lambda/functions", "developer"])).status).toBe(2);
  });
});
