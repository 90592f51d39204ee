/** Who is asked, who is not, and what ends a question. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { codeOfStep } from "../../sandbox/totp.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { CancelledError, fromAwsRunas, PersonNeededError } from "../../src/library/index.ts";
import { costOf, envFor, homeFor, personWith, silentPerson } from "./fixtures.ts";

let sandbox: Sandbox;
beforeAll(async () => (sandbox = await startSandbox()));
afterAll(() => sandbox.stop());

const aliceHas = () => ({ assword: sandbox.users.alice.password });

describe("without prompts", () => {
  test("a login that needs a person says so, and how to help it", async () => {
    const error: unknown = await fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox)) })().catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PersonNeededError);
    expect(error).toMatchObject({
      code: "person-needed",
      message: "the login for developer needs a person, and fromAwsRunas was given no prompts to ask one",
      hint: "log in with aws-runas login developer, or give fromAwsRunas prompts",
    });
  });

  test.each(["device-code", "browser", "mia", "saml"])("nobody is asked for %s", async (profile) => {
    const provider = fromAwsRunas({ profile, env: envFor(sandbox, homeFor(sandbox)) });
    await expect(provider()).rejects.toMatchObject({ code: "person-needed" });
  });

  test("a refused login is not repeated, but what somebody else got is found", async () => {
    const home = homeFor(sandbox);
    const env = envFor(sandbox, home, { WEB_IDENTITY_PASSWORD: "wrong" });
    const provider = fromAwsRunas({ profile: "developer", env });
    await expect(provider()).rejects.toMatchObject({ code: "credentials-refused" });
    const before = sandbox.provider.requests.length;
    await expect(provider()).rejects.toMatchObject({ code: "credentials-refused" });
    await sleep(5_100);
    await expect(provider()).rejects.toMatchObject({ code: "credentials-refused" });
    expect(sandbox.provider.requests).toHaveLength(before);
    const right = envFor(sandbox, home, { WEB_IDENTITY_PASSWORD: sandbox.users.alice.password });
    const { accessKeyId } = await fromAwsRunas({ profile: "developer", env: right })();
    await sleep(5_100);
    expect((await provider()).accessKeyId).toBe(accessKeyId);
  });
});

describe("with prompts", () => {
  test("a password is asked for by askSecret", async () => {
    const told: string[] = [];
    const prompts = personWith(aliceHas(), told);
    const env = envFor(sandbox, homeFor(sandbox));
    expect((await fromAwsRunas({ profile: "developer", env, prompts })()).accountId).toBe("123456789012");
    expect(told).toEqual([expect.stringMatching(/^\? .*assword/)]);
  });

  test("one of several roles is chosen by its number", async () => {
    const told: string[] = [];
    const prompts = personWith({ ...aliceHas(), role: "short (account 123456789012)" }, told);
    const labels: string[] = [];
    const env = envFor(sandbox, homeFor(sandbox));
    const choose = (_message: string, offered: readonly string[]) => {
      labels.push(...offered);
      return offered.findIndex((label) => label.includes("short"));
    };
    await fromAwsRunas({ profile: "saml", env, prompts: { ...prompts, choose } })();
    expect(labels.length).toBeGreaterThan(1);
    expect(sandbox.sts.actions().at(-1)).toBe("AssumeRoleWithSAML");
  });

  test("IAM's code is asked for, once for all who ask", async () => {
    let asked = 0;
    const prompts = {
      ...personWith({}),
      ask: async () => {
        asked += 1;
        return codeOfStep(sandbox.iamUsers.mia.mfa.totpSecret, Math.floor(Date.now() / 30_000));
      },
    };
    const provider = fromAwsRunas({ profile: "guarded", env: envFor(sandbox, homeFor(sandbox)), prompts });
    await Promise.all(Array.from({ length: 5 }, () => provider()));
    expect(asked).toBe(1);
  });

  test("a page is opened by openBrowser, and the address said", async () => {
    const told: string[] = [];
    const opened: string[] = [];
    const ending = new AbortController();
    const prompts = {
      ...personWith({}, told),
      ask: () => new Promise<never>(() => {}),
      openBrowser: (url: URL) => {
        opened.push(url.href);
        ending.abort(new Error("seen enough"));
        return true;
      },
    };
    const env = envFor(sandbox, homeFor(sandbox));
    const login = fromAwsRunas({ profile: "browser", env, prompts, signal: ending.signal })();
    await expect(login).rejects.toThrow("seen enough");
    expect(opened).toEqual([expect.stringContaining(`${sandbox.provider.issuer}/auth?`)]);
    expect(told.join("\n")).toContain(opened[0]);
  });

  test("the code of a device login is said, and so is what is waited for", async () => {
    const told: string[] = [];
    const ending = new AbortController();
    const person = personWith({}, told);
    const say = (message: string) => {
      person.say(message);
      if (message.startsWith("waiting")) ending.abort();
    };
    const env = envFor(sandbox, homeFor(sandbox));
    const login = fromAwsRunas({ profile: "device-code", env, prompts: { ...person, say }, signal: ending.signal })();
    await expect(login).rejects.toMatchObject({ name: "AbortError" });
    expect(told.join("\n")).toMatch(/open this page in a browser on any device[\s\S]*waiting for the login/);
  });

  test("no answer means no, and what a callback throws comes back", async () => {
    const env = envFor(sandbox, homeFor(sandbox));
    const cancelled: unknown = await fromAwsRunas({ profile: "developer", env, prompts: personWith({ assword: undefined }) })().catch(
      (thrown: unknown) => thrown,
    );
    expect(cancelled).toBeInstanceOf(CancelledError);
    const broken = new Error("the window was closed");
    const askSecret = () => Promise.reject(broken);
    await expect(fromAwsRunas({ profile: "developer", env, prompts: { ...personWith({}), askSecret } })()).rejects.toBe(broken);
  });

  test("what is no answer is refused without being repeated", async () => {
    const env = envFor(sandbox, homeFor(sandbox));
    const prompts = personWith({ assword: 1234567 });
    const error: unknown = await fromAwsRunas({ profile: "developer", env, prompts })().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "usage" });
    expect(String(error)).not.toContain("1234567");
  });

  test("another's failure for want of a person is not shared", async () => {
    const home = homeFor(sandbox);
    const env = envFor(sandbox, home);
    const [alone, asked] = await Promise.allSettled([
      fromAwsRunas({ profile: "developer", env })(),
      fromAwsRunas({ profile: "developer", env, prompts: personWith(aliceHas()) })(),
    ]);
    expect(asked.status).toBe("fulfilled");
    const failure: unknown = alone.status === "rejected" ? alone.reason : undefined;
    expect(failure === undefined || (failure instanceof PersonNeededError && failure.code === "person-needed")).toBe(true);
  });
});

describe("a signal", () => {
  test("that is aborted before asks nothing of anybody", async () => {
    const cost = costOf(sandbox);
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox)), signal })()).rejects.toThrow("too late");
    expect(cost()).toEqual({ logins: 0, sts: [] });
  });

  test("ends a question that nobody answers, and tells the callback", async () => {
    const { prompts, asked } = silentPerson();
    const ending = new AbortController();
    const login = fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox)), prompts, signal: ending.signal })();
    const question = await asked;
    expect(question.signal.aborted).toBe(false);
    const reason = new Error("closing down");
    ending.abort(reason);
    await expect(login).rejects.toBe(reason);
    expect(question.signal.aborted).toBe(true);
  });

  test("ends the wait for another's login, and that one goes on", async () => {
    const home = homeFor(sandbox);
    const env = envFor(sandbox, home);
    let answer: (password: string) => void = () => {};
    const password = new Promise<string>((resolve) => (answer = resolve));
    const first = fromAwsRunas({ profile: "developer", env, prompts: { ...personWith({}), askSecret: () => password } })();
    await sleep(300);
    const ending = new AbortController();
    const second = fromAwsRunas({ profile: "developer", env, signal: ending.signal })();
    await sleep(100);
    ending.abort(new Error("not that long"));
    await expect(second).rejects.toThrow("not that long");
    answer(sandbox.users.alice.password);
    expect((await first).accountId).toBe("123456789012");
  });

  test("lets those who waited for its login take over", async () => {
    const env = envFor(sandbox, homeFor(sandbox));
    const { prompts, asked } = silentPerson();
    const ending = new AbortController();
    const first = fromAwsRunas({ profile: "developer", env, prompts, signal: ending.signal })();
    await asked;
    const second = fromAwsRunas({ profile: "developer", env, prompts: personWith(aliceHas()) })();
    await sleep(100);
    ending.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect((await second).accountId).toBe("123456789012");
  });

  test.each(["STS", "the provider"])("ends a request to %s that is not answered", async (whom) => {
    const silent = await startSilentServer();
    const home = homeFor(sandbox, sandbox.configText.replaceAll(sandbox.provider.issuer, silent.origin));
    const env = envFor(sandbox, home, { AWS_ENDPOINT_URL_STS: silent.origin });
    const ending = new AbortController();
    const login = fromAwsRunas({ profile: whom === "STS" ? "ivy" : "developer", env, signal: ending.signal })();
    await silent.asked;
    expect(silent.open()).toBe(1);
    ending.abort(new Error("enough"));
    await expect(login).rejects.toThrow("enough");
    await expect.poll(() => silent.open()).toBe(0);
  });

  test("ends a program that is to print an id token", async () => {
    const home = homeFor(sandbox);
    const program = `${home}/token.sh`;
    writeFileSync(program, `#!/bin/sh\necho $$ > ${home}/pid\nexec sleep 50\n`, { mode: 0o755 });
    const config = `[profile ci]\nrole_arn = arn:aws:iam::123456789012:role/developer\nweb_identity_token_command = ${program}\nregion = eu-central-1\n`;
    writeFileSync(`${home}/.aws/config`, config);
    const ending = new AbortController();
    const login = fromAwsRunas({ profile: "ci", env: envFor(sandbox, home, { PATH: process.env["PATH"]! }), signal: ending.signal })();
    await expect.poll(() => pidIn(`${home}/pid`)).toBeGreaterThan(0);
    ending.abort();
    await expect(login).rejects.toMatchObject({ name: "AbortError" });
    await expect.poll(() => isRunning(pidIn(`${home}/pid`))).toBe(false);
  });
});

/** Takes requests and never answers. */
async function startSilentServer(): Promise<{ origin: string; asked: Promise<void>; open(): number }> {
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const open = new Set<Socket>();
  const server = createServer(() => isAsked()).on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, asked, open: () => open.size };
}

function pidIn(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
