/** A file of its own: what the SDK once read from a file it remembers for as long as it is loaded. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openSts } from "../../src/aws/sts.ts";
import { type FakeSts, identity, refusal, startFakeSts, type StsRequest } from "./fake-sts.ts";
import { KEYS, setting, testProfile } from "./fixtures.ts";

const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };

describe("with other answers in the SDK's own sources", () => {
  let folder: string;
  let sts: FakeSts;

  beforeEach(async () => {
    sts = await startFakeSts();
    folder = await mkdtemp(join(tmpdir(), "aws-runas-"));
    const config = join(folder, "config");
    const settings = { endpoint_url: "http://127.0.0.1:9", region: "ap-south-1", max_attempts: "1", disable_clock_skew_correction: "true" };
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
    await writeFile(config, `[default]\n${lines.join("")}`);
    vi.stubEnv("AWS_CONFIG_FILE", config);
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", config);
    vi.stubEnv("AWS_PROFILE", undefined);
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
    await sts.finish();
  });

  const ask = () => openSts(testProfile({ endpoint: sts.endpoint }), { env: {}, clock }).getCallerIdentity(KEYS);

  test("requests are signed for the profile's region", async () => {
    sts.plan(identity);
    await ask();
    expect(sts.requests[0]?.headers.authorization).toContain("/us-east-1/sts/");
  });

  test("a signature refused for a wrong clock is made again by STS's clock", async () => {
    const date = new Date(Date.now() + 20 * 60_000);
    sts.plan(
      (request) => ({ ...refusal("SignatureDoesNotMatch", "expired", 403)(request), headers: { date: date.toUTCString() } }),
      identity,
    );
    await ask();
    expect(signedAt(sts.requests[1])).toBeGreaterThan(Date.now() + 15 * 60_000);
  });

  test("three attempts are made at a server that fails", async () => {
    const broken = () => ({ status: 503, body: "" });
    sts.plan(broken, broken, identity);
    await ask();
    expect(sts.requests).toHaveLength(3);
  });

  test("the environment is not asked either", async () => {
    vi.stubEnv("AWS_REGION", "ap-south-1");
    vi.stubEnv("AWS_USE_FIPS_ENDPOINT", "true");
    vi.stubEnv("AWS_USE_DUALSTACK_ENDPOINT", "true");
    sts.plan(identity);
    await ask();
    expect(sts.requests[0]?.headers.authorization).toContain("/us-east-1/sts/");
  });
});

describe("where STS is", () => {
  let proxy: Server;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    proxy = createServer();
    proxy.on("connect", (request, socket) => {
      asked.push(request.url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    proxy.close();
  });

  function ask(changes: Parameters<typeof testProfile>[0]) {
    const env = { HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    return openSts(testProfile(changes), { env, clock }).getCallerIdentity(KEYS);
  }

  test.each([
    [{ useFips: false, useDualstack: false }, "sts.eu-west-1.amazonaws.com"],
    [{ useFips: true, useDualstack: false }, "sts-fips.eu-west-1.amazonaws.com"],
    [{ useFips: false, useDualstack: true }, "sts.eu-west-1.api.aws"],
  ])("with %o it is %s, and asked through the proxy", async (flags, host) => {
    const answer = ask({ region: setting("eu-west-1"), sts: flags });
    await expect(answer).rejects.toThrow(`no answer from STS at https://${host}: the proxy refuses to connect (status 403)`);
    expect(asked).toEqual([`${host}:443`]);
  });

  test("AWS_ENDPOINT_URL of this process does not move it: the profile would say so", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    await expect(ask({})).rejects.toThrow("no answer from STS at https://sts.us-east-1.amazonaws.com");
    expect(asked).toEqual(["sts.us-east-1.amazonaws.com:443"]);
  });
});

/** "20261123T091500Z" as milliseconds. */
function signedAt(request: StsRequest | undefined): number {
  const digits = String(request?.headers["x-amz-date"]);
  return Date.parse(digits.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z"));
}
