/** Registries: what a container tool is called with, what docker's helper answers, and what happens where a tool fails. */

import { createServer, type Server } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { createHome, runas, type Home } from "./test-world.ts";

const HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
let sandbox: Sandbox;
let ecr: Server;
let home: Home;
/** "X-Amz-Target region", in order. */
const asked: string[] = [];
let answer: { status: number; body: object };

beforeAll(async () => {
  sandbox = await startSandbox();
  ecr = createServer((request, response) => {
    const [, region] = /Credential=[^/]+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? "") ?? [];
    asked.push(`${String(request.headers["x-amz-target"])} ${region}`);
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => ecr.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  ecr.close();
  await sandbox.stop();
});
beforeEach(() => {
  home = createHome(sandbox.configText);
  asked.length = 0;
  const authorizationToken = Buffer.from("AWS:pass-1").toString("base64");
  answer = { status: 200, body: { authorizationData: [{ authorizationToken }] } };
  return () => home[Symbol.dispose]();
});

function run(argv: string[], more: { env?: Record<string, string>; stdin?: string } = {}) {
  const endpoint = `http://127.0.0.1:${(ecr.address() as AddressInfo).port}`;
  const env = {
    ...sandbox.environment,
    WEB_IDENTITY_PASSWORD: sandbox.users.alice.password,
    AWS_ENDPOINT_URL_ECR: endpoint,
    AWS_ENDPOINT_URL_ECR_PUBLIC: endpoint,
    ...more.env,
  };
  return runas(argv, { home, env, ...(more.stdin === undefined ? {} : { stdin: more.stdin }) });
}

/** A container tool that writes down its words, its stdin and its environment, and ends with `status`. */
function installTool(name: string, status = 0): { PATH: string } {
  const script = `#!/bin/sh\n{ echo "$*"; cat; echo; env; } >> ${home.file(`${name}.log`)}\nexit ${status}\n`;
  writeFileSync(home.file(name), script, { mode: 0o755 });
  return { PATH: `${home.path}:/usr/bin:/bin` };
}

const logOf = (name: string) => readFileSync(home.file(`${name}.log`), "utf8");

describe("ecr login", () => {
  test("hands the password to the tool's stdin, for the registry of the role's account", async () => {
    const { status } = await run(["ecr", "login", "developer", "--client", "docker"], { env: installTool("docker") });
    expect(status).toBe(0);
    expect(logOf("docker")).toMatch(/^login --username AWS --password-stdin 123456789012\.dkr\.ecr\.[\w-]+\.amazonaws\.com\npass-1\n/);
    expect(logOf("docker")).not.toContain(sandbox.users.alice.password);
    expect(asked).toEqual([expect.stringMatching(/^AmazonEC2ContainerRegistry_V20150921\.GetAuthorizationToken /)]);
  });

  test("logs in to several registries, each asked in its own region", async () => {
    const env = { ...installTool("podman"), AWS_PROFILE: "developer" };
    await run(["ecr", "login", "--client=podman", "210987654321.dkr.ecr.eu-west-1.amazonaws.com", HOST], { env });
    expect(logOf("podman").match(/^login .*$/gm)).toEqual([
      "login --username AWS --password-stdin 210987654321.dkr.ecr.eu-west-1.amazonaws.com",
      `login --username AWS --password-stdin ${HOST}`,
    ]);
    expect(asked.map((line) => line.split(" ")[1])).toEqual(["eu-west-1", "us-east-1"]);
  });

  test("logs in to the public registry, whose API is in us-east-1", async () => {
    answer = { status: 200, body: { authorizationData: { authorizationToken: Buffer.from("AWS:pub").toString("base64") } } };
    await run(["ecr", "login", "developer", "public", "--client", "docker"], { env: installTool("docker") });
    expect(logOf("docker")).toContain("--password-stdin public.ecr.aws\npub");
    expect(asked).toEqual(["SpencerFrontendService.GetAuthorizationToken us-east-1"]);
  });

  test("fails where a tool fails, after the other registries were tried", async () => {
    const { status, stderr } = await run(
      ["ecr", "login", "developer", "210987654321.dkr.ecr.eu-west-1.amazonaws.com", HOST, "--client", "docker"],
      {
        env: installTool("docker", 3),
      },
    );
    expect(status).toBe(3);
    expect(logOf("docker").match(/^login /gm)).toHaveLength(2);
    expect(stderr).toContain(`docker login at ${HOST} ended with status 3`);
  });

  test("takes the first tool that is installed, and says where none is", async () => {
    await run(["ecr", "login", "developer"], { env: installTool("nerdctl") });
    expect(logOf("nerdctl")).toContain("login --username AWS");
    const outcome = await run(["ecr", "login", "developer"], { env: { PATH: "/nowhere" } });
    expect(outcome.status).toBe(127);
    expect(outcome.stderr).toContain("none of docker, podman, nerdctl, finch is installed");
  });

  test("prints the password instead, of one registry", async () => {
    expect((await run(["ecr", "login", "--print", "developer"])).stdout).toBe("pass-1\n");
    expect((await run(["ecr", "login", "--print", "developer", "210987654321", HOST])).status).toBe(2);
  });

  test("names ECR where ECR refuses", async () => {
    answer = { status: 400, body: { __type: "AccessDeniedException", message: "not allowed" } };
    const { status, stderr } = await run(["ecr", "login", "--print", "developer"]);
    expect(status).toBe(5);
    expect(stderr).toContain("ECR refuses GetAuthorizationToken: not allowed (AccessDeniedException)");
  });

  test("takes nothing that is no registry, before anybody logs in", async () => {
    const before = sandbox.provider.requests.length;
    expect((await run(["ecr", "login", "--print", "developer", "docker.io"])).status).toBe(2);
    expect(sandbox.provider.requests).toHaveLength(before);
  });
});

describe("docker-credential", () => {
  test("gives a login for a registry in the account of the only profile there, or of the one that the environment names", async () => {
    const { stdout } = await run(["docker-credential", "get"], { stdin: `https://${HOST}\n`, env: { AWSRUNAS_PROFILE: "developer" } });
    expect(JSON.parse(stdout)).toEqual({ ServerURL: `https://${HOST}`, Username: "AWS", Secret: "pass-1" });
  });

  test("says which profiles may be meant", async () => {
    const { status, stderr } = await run(["docker-credential", "get"], { stdin: HOST });
    expect(status).toBe(3);
    expect(stderr).toMatch(/several profiles have a role in its account: .*developer/);
    expect((await run(["docker-credential", "get"], { stdin: HOST.replace("123456789012", "999999999999") })).stderr).toContain(
      "no profile has a role in its account",
    );
  });

  test("leaves other registries to others, as the protocol has it", async () => {
    const outcome = await run(["docker-credential", "get"], { stdin: "https://index.docker.io/v1/" });
    expect([outcome.status, outcome.stdout]).toEqual([1, "credentials not found in native keychain\n"]);
  });

  test("keeps nothing and lists nothing", async () => {
    expect((await run(["docker-credential", "store"], { stdin: "{}" })).status).toBe(0);
    expect((await run(["docker-credential", "erase"], { stdin: HOST })).status).toBe(0);
    expect((await run(["docker-credential", "list"])).stdout).toBe("{}\n");
  });
});
