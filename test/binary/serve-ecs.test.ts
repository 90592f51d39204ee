/** `serve ecs` as both programs run it: what it refuses, to whom, and how it begins and ends. */

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fromHttp } from "@aws-sdk/credential-providers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts, run } from "./artefacts.ts";
import { ask, type Reply, sendRaw, type Serving, startServing } from "./serve-client.ts";
import { type Stage, setStage } from "./stage.ts";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let serving: Serving;
  let secret: string;
  beforeAll(async () => {
    stage = await setStage(
      "\n[default]\nsource_profile = sandbox\n\n[profile odd name/ü]\nsource_profile = developer\nrole_arn = arn:aws:iam::123456789012:role/developer\n",
    );
    serving = await startServing(artefact, ["developer"], stage.asAlice);
    secret = JSON.parse((await ask(serving)).body).SecretAccessKey;
  });
  afterAll(async () => {
    await serving.end();
    await stage.close();
  });

  /** A server may hang up, too. */
  function isRefused({ status, body }: Reply): boolean {
    return !body.includes(secret) && [0, 400, 401, 403, 404, 405, 413, 414, 431, 501, 505].includes(status);
  }

  describe("refuses, whoever knows the token", () => {
    test.each<[string, Parameters<typeof ask>[1]]>([
      ["a name that was rebound to 127.0.0.1", { headers: { Host: "rebound.example" } }],
      ["a rebound name with the port", { headers: { Host: "rebound.example:12319" } }],
      ["no Host", { headers: { Host: undefined } }],
      ["an Origin", { headers: { Origin: "https://evil.example" } }],
      ["its own Origin at the credentials", { headers: { Origin: "http://127.0.0.1" } }],
      ["the Origin of a sandboxed frame", { headers: { Origin: "null" } }],
      ["a page of another site", { headers: { "Sec-Fetch-Site": "cross-site" } }],
      ["a page of another port", { headers: { "Sec-Fetch-Site": "same-site" } }],
      ["what a proxy passed on", { headers: { "X-Forwarded-For": "127.0.0.1" } }],
      ["Forwarded", { headers: { Forwarded: "for=127.0.0.1" } }],
      ["Via", { headers: { Via: "1.1 proxy" } }],
      ["POST", { method: "POST" }],
      ["PUT", { method: "PUT" }],
      ["DELETE", { method: "DELETE" }],
      ["OPTIONS", { method: "OPTIONS" }],
      ["TRACE", { method: "TRACE" }],
      ["a path with two slashes", { target: "//credentials" }],
      ["a slash in code", { target: "/%63redentials" }],
      ["another case", { target: "/Credentials" }],
      ["dots that lead elsewhere", { target: "/credentials/../x" }],
      ["dots in code that lead elsewhere", { target: "/credentials/%2e%2e/x" }],
      ["a client that takes it for a proxy", { target: "http://evil.example/credentials", headers: { Host: "evil.example" } }],
      ["no profile", { target: "/credentials/" }],
      ["half a code", { target: "/credentials/%" }],
      ["a NUL in code", { target: "/credentials/%00" }],
      ["a NUL", { target: "/credentials/\0" }],
      ["a path of 100 kB", { target: `/credentials/${"x".repeat(100_000)}` }],
      ["a header of 100 kB", { headers: { "X-Long": "x".repeat(100_000) } }],
    ])("%s", async (_, request) => {
      expect(isRefused(await ask(serving, request))).toBe(true);
    });
  });

  describe("without the token", () => {
    test.each([
      ["none", undefined],
      ["another", "x".repeat(43)],
      ["an empty one", ""],
      ["a scheme before it", "Bearer "],
    ])("%s: 401, and nothing of what there is", async (_, token) => {
      const Authorization = token === "Bearer " ? `Bearer ${serving.token}` : token;
      for (const target of ["/credentials", "/credentials/developer", "/credentials/no-such-profile"]) {
        const reply = await ask(serving, { target, headers: { Authorization } });
        expect(reply).toMatchObject({ status: 401 });
        expect(isRefused(reply)).toBe(true);
      }
    });

    test("dots that lead to the credentials lead to the same refusal", async () => {
      for (const target of ["/x/../credentials", "/x/%2e%2e/credentials", "/./credentials", "http://evil.example/credentials"])
        expect(isRefused(await ask(serving, { target, headers: { Authorization: undefined } }))).toBe(true);
    });
  });

  test("other profiles are named in the path, odd names and ARNs in code", async () => {
    for (const name of ["short", "odd name/ü", "arn:aws:iam::123456789012:role/developer"]) {
      expect(await ask(serving, { target: `/credentials/${encodeURIComponent(name)}` })).toMatchObject({ status: 200 });
    }
    expect(JSON.parse((await ask(serving)).body)).toMatchObject({ SecretAccessKey: secret });
  });

  test("localhost is as good a Host as 127.0.0.1", async () => {
    expect(await ask(serving, { headers: { Host: `LOCALHOST:${serving.port}` } })).toMatchObject({ status: 200 });
  });

  test("500 connections that send nothing, and garbage on others, change nothing for the rest", async () => {
    const silent = await Promise.all(Array.from({ length: 500 }, () => opened(serving.port)));
    await Promise.all(Array.from({ length: 50 }, () => sendRaw(serving.port, "\x16\x03\x01garbage\r\n\r\n\0\0")));
    const began = performance.now();
    for (let count = 0; count < 100; count++) expect(await ask(serving)).toMatchObject({ status: 200 });
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const socket of silent) socket.destroy();
  });

  test("clients that say nothing, or send their headers or a body byte by byte, are cut off within 20 seconds", async () => {
    const firsts = ["", "GET / HTTP/1.1\r\nX: a", "POST /profile HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na"];
    const seconds = firsts.map(async (first) => {
      const socket = await opened(serving.port);
      socket.on("error", () => {}).write(first);
      const dripping = setInterval(() => first !== "" && socket.write("a"), 2_000);
      const began = performance.now();
      await new Promise((resolve) => socket.resume().once("close", resolve));
      clearInterval(dripping);
      return (performance.now() - began) / 1_000;
    });
    expect(Math.max(...(await Promise.all(seconds)))).toBeLessThan(20);
  }, 30_000);

  test("a port that is taken: which, and what to do", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const { port } = taken.address() as AddressInfo;
    const outcome = await run(artefact, ["serve", "ecs", "-p", String(port)], { env: stage.env });
    taken.close();
    expect(outcome).toMatchObject({ status: 2, stdout: "" });
    expect(outcome.stderr).toContain(`cannot listen at 127.0.0.1, port ${port}: another program listens there`);
    expect(outcome.stderr).toContain("-p 0 for any");
  });

  test.each([
    ["nothing, which is every address", "", "the flag --listen takes an address of this machine"],
    ["0, which is every address too", "0", "the flag --listen takes an address of this machine"],
    ["a name that leads nowhere, which is no port in use", "nowhere.invalid", "ENOTFOUND"],
  ])("--listen of %s", async (_, address, said) => {
    const outcome = await run(artefact, ["serve", "ecs", "-p", "0", "--listen", address], { env: stage.env });
    expect(outcome).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(said) });
  });

  test("--listen of an address in brackets is that address", async () => {
    const open = await startServing(artefact, ["--listen", "[::1]"], stage.env);
    expect(open.host).toBe(`[::1]:${open.port}`);
    await expect.poll(open.complaints).toContain("its page is http://[::1]:");
    expect(open.complaints()).not.toContain("from other machines");
    expect(await open.end()).toBe(0);
  });

  test("--listen warns of what can be reached, and --allow-host names who may be asked for", async () => {
    const open = await startServing(artefact, ["--listen", "0.0.0.0", "--allow-host", "Sidecar"], stage.env);
    expect(open.host).toBe(`127.0.0.1:${open.port}`);
    await expect.poll(open.complaints).toContain("can be reached from other machines");
    expect(await ask(open, { headers: { Host: "sidecar" } })).toMatchObject({ status: 404, body: expect.stringContaining("no-profile") });
    expect(await ask(open, { headers: { Host: "other" } })).toMatchObject({ status: 403 });
    expect(await open.end()).toBe(0);
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s ends it with status 0, and the token's file goes", async (signal) => {
    const file = join(stage.home, "it's a token");
    const filed = await startServing(artefact, ["--token-file", file, "developer"], stage.env);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const token = readFileSync(file, "utf8");
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(await ask({ ...filed, token })).toMatchObject({ status: 200 });
    expect(await filed.end(signal)).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test("an SDK that is told of the token's file follows it through a replacement", async () => {
    const file = join(stage.home, "rotated");
    writeFileSync(file, "x".repeat(43));
    const provider = fromHttp({
      awsContainerCredentialsFullUri: `http://${serving.host}/credentials`,
      awsContainerAuthorizationTokenFile: file,
      maxRetries: 0,
    });
    await expect(provider()).rejects.toThrow("401");
    writeFileSync(file, serving.token ?? "");
    expect(await provider()).toMatchObject({ secretAccessKey: secret });
  });

  test("the token's file of a server that began later stays", async () => {
    const file = join(stage.home, "shared");
    const first = await startServing(artefact, ["--token-file", file], stage.env);
    writeFileSync(file, "another's");
    expect(await first.end()).toBe(0);
    expect(readFileSync(file, "utf8")).toBe("another's");
  });

  test("off the terminal it goes on when the terminal goes", async () => {
    serving.child.kill("SIGHUP");
    await sleep(200);
    expect(await ask(serving)).toMatchObject({ status: 200 });
  });
});

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
  });
}
