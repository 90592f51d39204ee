/** One command with several profiles' credentials, and a shell with one's. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aliceFlow } from "./alice.ts";

const flow = aliceFlow();
const run = (argv: string[], env: Record<string, string> = {}) => flow.run(argv, { env });

/** The sockets of this process that listen by IPv4, by their inodes. */
function listeners(): readonly string[] {
  const own = new Set(readdirSync("/proc/self/fd").map(targetOf));
  const rows = readFileSync("/proc/self/net/tcp", "utf8").split("\n");
  const listening = rows.flatMap((row) => (row.trim().split(/ +/)[3] === "0A" ? [`socket:[${row.trim().split(/ +/)[9]}]`] : []));
  return listening.filter((socket) => own.has(socket)).toSorted();
}

/** Undefined for the descriptor of the listing itself. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

describe("run --profiles", () => {
  const ask = `const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
    fetch(uri, { headers: { authorization } }).then((answer) => answer.json()).then(({ AccessKeyId }) => console.log(process.env.AWSRUNAS_PROFILE, AccessKeyId))`;

  test("gives each command its own profile's credentials, its lines a name, and makes one login", async () => {
    const before = flow.sandbox.provider.requests.length;
    const outcome = await run(["run", "--profiles", "developer, short", process.execPath, "-e", ask]);
    const keys = outcome.stdout.match(/ASIA\w+/g) ?? [];
    expect(new Set(keys).size).toBe(2);
    expect(outcome.stdout.split("\n").filter(Boolean).toSorted()).toEqual([
      expect.stringMatching(/^developer \| developer ASIA/),
      expect.stringMatching(/^short {5}\| short ASIA/),
    ]);
    expect(outcome.stderr).toMatch(/PROFILE +STATUS +SECONDS\ndeveloper +0 +\d+\.\d\nshort +0 +\d/);
    expect(outcome.status).toBe(0);
    const logins = flow.sandbox.provider.requests
      .slice(before)
      .filter(({ method, path }) => method === "POST" && path.startsWith("/token"));
    expect(logins).toHaveLength(1);
  });

  test("hands the command's own flags on, and ends with 1 where one of them failed", async () => {
    const outcome = await run([
      "run",
      "--profiles=developer,short",
      "sh",
      "-c",
      'echo "$0" "$AWSRUNAS_PROFILE" >&2; test $AWSRUNAS_PROFILE = short',
      "--profiles",
    ]);
    expect(outcome.stderr).toContain("developer | --profiles developer\n");
    expect(outcome.stderr).toMatch(/developer +1 .*\nshort +0 /);
    expect(outcome.status).toBe(1);
  });

  test("runs one after the other with -j 1, in the profiles' order", async () => {
    const outcome = await run(["run", "-j", "1", "--profiles", "short,developer", "sh", "-c", "echo one; sleep 0.1; printf two"]);
    expect(outcome.stdout).toBe("short     | one\nshort     | two\ndeveloper | one\ndeveloper | two\n");
  });

  test.each([
    [["run"], "run what?"],
    [["run", "true"], "no profiles are named"],
    [["run", "--profiles", "developer"], "run what?"],
    [["-E", "run", "--profiles", "developer", "true"], "-E is for aws-runas PROFILE …, not for aws-runas run"],
    [["-c", "run", "--profiles", "developer", "true"], "-c is for aws-runas PROFILE …, not for aws-runas run"],
    [["run", "-j", "x", "--profiles", "developer", "true"], "--jobs takes a number"],
  ])("%j says what it lacks", async (argv, problem) => {
    const outcome = await run(argv);
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toContain(problem);
  });

  test.runIf(process.platform === "linux")("left the endpoints of earlier profiles open where a later login failed", async () => {
    const before = listeners();
    const outcome = await run(["run", "--profiles", "developer,tess-only", "true"]);
    expect([outcome.status, outcome.stdout]).toEqual([5, ""]);
    expect(listeners()).toEqual(before);
  });

  test("logs in for nothing that cannot run", async () => {
    const before = flow.sandbox.provider.requests.length;
    expect((await run(["run", "--profiles", "developer", "no-such-program"])).status).toBe(127);
    expect((await run(["run", "--profiles", "developer,nix", "true"])).status).toBe(3);
    expect(flow.sandbox.provider.requests).toHaveLength(before);
  });
});

describe("-i", () => {
  test("starts the user's shell", async () => {
    const shell = flow.home.file("shell");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(shell, `#!/bin/sh\nexit 7\n`, { mode: 0o755 });
    expect((await run(["-i", "developer"], { SHELL: shell })).status).toBe(7);
  });

  test("takes no command", async () => {
    expect((await run(["-i", "developer", "true"])).stderr).toContain("-i starts a shell, so no command can follow");
  });
});
