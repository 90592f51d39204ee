/** Registries: what a container tool is called with, what docker's helper answers, and what happens where a tool fails. */

import { createServer, type Server } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { aliceFlow } from "./alice.ts";

const HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
const flow = aliceFlow();
let ecr: Server;
/** "X-Amz-Target region", in order. */
const asked: string[] = [];
let answer: { status: number; body: object };

beforeAll(async () => {
  ecr = createServer((request, response) => {
    const [, region] = /Credential=[^/]+\/\d+\/([\w-]+)\//.exec(request.headers.authorization ?? "") ?? [];
    asked.push(`${String(request.headers["x-amz-target"])} ${region}`);
    response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => ecr.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void ecr.close());
beforeEach(() => {
  asked.length = 0;
  const authorizationToken = Buffer.from("AWS:pass-1").toString("base64");
  answer = { status: 200, body: { authorizationData: [{ authorizationToken }] } };
});

function run(argv: string[], more: { env?: Record<string, string>; stdin?: string } = {}) {
  return flow.run(argv, { ...more, env: { ...endpoints(), ...more.env } });
}

function endpoints() {
  const endpoint = `http://127.0.0.1:${(ecr.address() as AddressInfo).port}`;
  return { AWS_ENDPOINT_URL_ECR: endpoint, AWS_ENDPOINT_URL_ECR_PUBLIC: endpoint };
}

/** A container tool that writes down its words, its stdin and its environment, and ends with `status`. */
function installTool(name: string, status = 0): { PATH: string } {
  const script = `#!/bin/sh\n{ echo "$*"; cat; echo; env; } >> ${flow.home.file(`${name}.log`)}\nexit ${status}\n`;
  writeFileSync(flow.home.file(name), script, { mode: 0o755 });
  return { PATH: `${flow.home.path}:/usr/bin:/bin` };
}

const logOf = (name: string) => readFileSync(flow.home.file(`${name}.log`), "utf8");

describe("ecr login", () => {
  test("hands the password to the tool's stdin, for the registry of the role's account", async () => {
    const { status } = await run(["ecr", "login", "developer", "--client", "docker"], { env: installTool("docker") });
    expect(status).toBe(0);
    expect(logOf("docker")).toMatch(/^login --username AWS --password-stdin 123456789012\.dkr\.ecr\.[\w-]+\.amazonaws\.com\npass-1\n/);
    expect(logOf("docker")).not.toContain(flow.sandbox.users.alice.password);
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
    const before = flow.sandbox.provider.requests.length;
    expect((await run(["ecr", "login", "--print", "developer", "docker.io"])).status).toBe(2);
    expect((await run(["ecr", "login", "--client=", "developer"])).stderr).toContain("--client takes the name of a container tool");
    expect(flow.sandbox.provider.requests).toHaveLength(before);
  });
});

describe("ecr login", () => {
  test("tried no further registry where AWS refused the first", async () => {
    const env = installTool("docker");
    const other = "210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn";
    const { status, stderr } = await run(["ecr", "login", "developer", other, HOST, "--client", "docker"], { env });
    expect(status).toBe(2);
    expect(stderr).toContain(`aws-runas: ${other}: ${other} is not in aws`);
    expect(logOf("docker").match(/^login .*$/gm)).toEqual([`login --username AWS --password-stdin ${HOST}`]);
  });

  test("took an endpoint from the environment alone, and not from the profile's services", async () => {
    const { AWS_ENDPOINT_URL_ECR: endpoint } = endpoints();
    const path = flow.home.file(".aws/config");
    const text = readFileSync(path, "utf8").replace("[profile developer]\n", "$&services = local\n");
    writeFileSync(path, `${text}\n[services local]\necr =\n  endpoint_url = ${endpoint}\n`);
    const { stdout } = await flow.run(["ecr", "login", "--print", "developer"]);
    expect(stdout).toBe("pass-1\n");
  });

  test("signed for a registry of another partition, where the credentials do not count", async () => {
    const { stderr } = await run(["ecr", "login", "--print", "developer"], { env: { AWS_REGION: "cn-north-1" } });
    expect(stderr).toContain("is not in aws, the partition that the credentials are for");
    expect(asked).toEqual([]);
  });

  test("ended with 1 where a signal killed the tool", async () => {
    const env = installTool("docker");
    writeFileSync(flow.home.file("docker"), "#!/bin/sh\nkill -9 $$\n", { mode: 0o755 });
    expect((await run(["ecr", "login", "developer"], { env })).status).toBe(137);
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
    expect((await run(["docker-credential", "store"], { stdin: JSON.stringify({ ServerURL: HOST }) })).status).toBe(0);
    expect((await run(["docker-credential", "erase"], { stdin: HOST })).status).toBe(0);
    expect((await run(["docker-credential", "list"])).stdout).toBe("{}\n");
  });

  test("said nothing on stdout, where docker looks, of what went wrong", async () => {
    const { status, stdout } = await run(["docker-credential", "get"], { stdin: HOST.replace("123456789012", "999999999999") });
    expect(status).not.toBe(0);
    expect(stdout).toBe(`${HOST.replace("123456789012", "999999999999")}: no profile has a role in its account\n`);
  });

  test("claimed to keep a login for a registry of somebody else's, which then was lost", async () => {
    const login = (server: string) => JSON.stringify({ ServerURL: server, Username: "me", Secret: "pass-2" });
    const foreign = await run(["docker-credential", "store"], { stdin: login("ghcr.io") });
    expect(foreign.status).not.toBe(0);
    expect(foreign.stdout).toContain("keeps no logins");
    expect(foreign.stdout + foreign.stderr).not.toContain("pass-2");
    expect((await run(["docker-credential", "store"], { stdin: login(`https://${HOST}`) })).status).toBe(0);
  });

  test("tells its version", async () => {
    expect((await run(["docker-credential", "version"])).stdout).toBe("docker-credential-aws-runas 1.2.3\n");
  });
});
