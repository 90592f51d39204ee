/** `serve ec2 -p`: the built programs as an instance's metadata service, asked by hand and by AWS's SDK for JavaScript. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts, outcomeOf, run, start } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const ROLES = "latest/meta-data/iam/security-credentials/";

/** Resolves with the address that its line on stdout names. */
async function addressOf(server: ChildProcess): Promise<string> {
  let stdout = "";
  for await (const chunk of server.stdout ?? []) {
    stdout += chunk;
    const [, address] = /^export AWS_EC2_METADATA_SERVICE_ENDPOINT='(http:\/\/127\.0\.0\.1:\d+)'\n$/.exec(stdout) ?? [];
    if (address !== undefined) return `${address}/`;
  }
  throw new Error(`the server ended; stdout: ${stdout}`);
}

async function sessionToken(address: string): Promise<Record<string, string>> {
  const response = await fetch(`${address}latest/api/token`, {
    method: "PUT",
    headers: { "X-aws-ec2-metadata-token-ttl-seconds": "21600" },
  });
  return { "X-aws-ec2-metadata-token": await response.text() };
}

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  describe("serve ec2 -p 0", () => {
    let server: ChildProcess;
    let stderr = "";
    let address: string;
    beforeAll(async () => {
      server = start(artefact, ["-v", "serve", "ec2", "-p", "0", "developer"], { env: stage.asAlice });
      server.stderr?.on("data", (text: string) => (stderr += text));
      address = await addressOf(server);
    });
    afterAll(() => server.kill("SIGKILL"));

    test("the SDK for JavaScript finds credentials and region by nothing but the variable", async () => {
      const { AWS_ENDPOINT_URL_STS: sts = "" } = stage.env;
      const env = { HOME: "/nonexistent", AWS_EC2_METADATA_SERVICE_ENDPOINT: address, AWS_ENDPOINT_URL_STS: sts };
      const outcome = await outcomeOf(spawn(process.execPath, [join(import.meta.dirname, "../../sandbox/whoami.js")], { env }));
      expect(outcome).toMatchObject({ status: 0, stdout: "I am arn:aws:sts::123456789012:assumed-role/developer/alice\n" });
    });

    test("the credentials live for more than a quarter of an hour, and stderr has none of them", async () => {
      const headers = await sessionToken(address);
      const role = await (await fetch(address + ROLES, { headers })).text();
      expect(role).toBe("developer");
      const { Expiration, SecretAccessKey, Token } = JSON.parse(await (await fetch(address + ROLES + role, { headers })).text());
      expect(Date.parse(Expiration) - Date.now()).toBeGreaterThan(15 * 60_000);
      for (const secret of [SecretAccessKey, Token, headers["X-aws-ec2-metadata-token"]]) expect(stderr).not.toContain(secret);
    });

    test("a request is refused without a session's token, for another role, passed on, or of a web page", async () => {
      const headers = await sessionToken(address);
      expect((await fetch(`${address}${ROLES}developer`)).status).toBe(401);
      expect((await fetch(`${address}${ROLES}other`, { headers })).status).toBe(404);
      expect((await fetch(`${address}credentials`, { headers })).status).toBe(404);
      expect((await fetch(`${address}${ROLES}developer`, { headers: { ...headers, "X-Forwarded-For": "10.0.0.1" } })).status).toBe(403);
      expect((await fetch(`${address}${ROLES}developer`, { headers: { ...headers, Origin: "http://evil.example.com" } })).status).toBe(403);
    });

    test("HEAD is answered without a body", async () => {
      const response = await fetch(`${address}${ROLES}developer`, { method: "HEAD", headers: await sessionToken(address) });
      expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: "" });
    });

    test("many requests cost no further call of STS", async () => {
      const headers = await sessionToken(address);
      stage.cost();
      const statuses = await Promise.all(
        Array.from({ length: 300 }, async () => (await fetch(`${address}${ROLES}developer`, { headers })).status),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(stage.cost()).toEqual({ provider: [], sts: [] });
    });

    test("a second one at the same port is an error that says so", async () => {
      const { port } = new URL(address);
      const outcome = await run(artefact, ["serve", "ec2", "-p", port, "developer"], { env: stage.asAlice, timeoutMs: 10_000 });
      expect(outcome).toMatchObject({ status: 2, stdout: "" });
      expect(outcome.stderr).toContain(`cannot listen at 127.0.0.1, port ${port}: another program listens there`);
    });

    test("TERM ends it with 0, and nobody answers", async () => {
      server.kill("SIGTERM");
      expect(await once(server, "exit")).toEqual([0, null]);
      await expect(fetch(address)).rejects.toThrow("fetch failed");
    });
  });

  test("with --imds-v1 it answers without a token, and warns", async () => {
    const server = start(artefact, ["serve", "ec2", "-p", "0", "--imds-v1", "developer"], { env: stage.asAlice });
    let stderr = "";
    server.stderr?.on("data", (text: string) => (stderr += text));
    const address = await addressOf(server);
    expect((await fetch(`${address}${ROLES}developer`)).status).toBe(200);
    server.kill("SIGTERM");
    await once(server, "exit");
    expect(stderr).toContain("warning: requests without a session's token are answered");
  });

  test("-H was passed over: there are no page and no management API then, and no token is told for them", async () => {
    const server = start(artefact, ["serve", "ec2", "-p", "0", "-H", "developer"], { env: stage.asAlice });
    let stderr = "";
    server.stderr?.on("data", (text: string) => (stderr += text));
    const address = await addressOf(server);
    const paths = ["", "profile", "openapi.json"];
    expect(await Promise.all(paths.map(async (path) => (await fetch(address + path)).status))).toEqual([404, 404, 404]);
    expect((await fetch(`${address}${ROLES}developer`, { headers: await sessionToken(address) })).status).toBe(200);
    server.kill("SIGTERM");
    await once(server, "exit");
    expect(stderr).not.toMatch(/token for|its page/);
  });

  test.each([
    [["ec2", "-p", "65536"], 2, "the flag --port takes a number from 0 to 65535"],
    [["ec2", "-p", "0", "--listen", "0.0.0.0"], 2, "the flag --listen is for serve ecs"],
    [["ec2", "-p", "0", "--token-file", "x"], 2, "the flag --token-file is for serve ecs"],
    [["ecs", "-p", "0", "--imds-v1"], 2, "the flag --imds-v1 is for serve ec2"],
    [["ec2", "-p", "0", "developer", "more"], 2, "there is a word too many"],
    [["ec2", "-p", "0", "nobody"], 3, "nobody"],
  ])("serve %j ends with %i: %s", async (args, status, message) => {
    const outcome = await run(artefact, ["serve", ...args], { env: stage.asAlice });
    expect(outcome).toMatchObject({ status, stdout: "" });
    expect(outcome.stderr).toContain(message);
  });
});
