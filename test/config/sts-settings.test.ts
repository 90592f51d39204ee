/** How STS is found: the order of the SDKs, checked against the JavaScript SDK's own resolution of one profile. */

import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endpointOf } from "../../src/config/resolve.ts";
import { describeOrigin } from "../../src/config/origin.ts";
import type { Environment } from "../../src/world.ts";
import { COMPLETE, failureOf, filesOf, resolve } from "./files-of.ts";

const SERVICES = "[services local]\nsts =\n  endpoint_url = http://localhost:4\ns3 =\n  endpoint_url = http://localhost:5\n";
const SERVICES_WITHOUT_STS = "[services local]\ns3 =\n  endpoint_url = http://localhost:5\n";
const EVERYTHING = `${profile("services = local\nendpoint_url = http://localhost:3\n")}${SERVICES}`;

let folder: string;
const outer = { ...process.env };

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "aws-runas-test-"));
});

afterAll(async () => {
  process.env = outer;
  await fs.rm(folder, { recursive: true });
});

describe("STS's endpoint", () => {
  it.each<[string, string, Environment, string | undefined]>([
    ["AWS_ENDPOINT_URL_STS first", EVERYTHING, { AWS_ENDPOINT_URL_STS: "http://localhost:1", AWS_ENDPOINT_URL: "http://localhost:2" }, "1"],
    ["AWS_ENDPOINT_URL next", EVERYTHING, { AWS_ENDPOINT_URL: "http://localhost:2" }, "2"],
    ["an empty variable for nothing", EVERYTHING, { AWS_ENDPOINT_URL_STS: "" }, "4"],
    ["the services section next", EVERYTHING, {}, "4"],
    ["endpoint_url last", profile("endpoint_url = http://localhost:3\n"), {}, "3"],
    [
      "endpoint_url, when the services section has no STS",
      `${profile("services = local\nendpoint_url = http://localhost:3\n")}${SERVICES_WITHOUT_STS}`,
      {},
      "3",
    ],
    ["nothing when nothing names one", profile(), {}, undefined],
    [
      "nothing when told to ignore all",
      EVERYTHING,
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true", AWS_ENDPOINT_URL_STS: "http://localhost:1" },
      undefined,
    ],
    [
      "nothing when the profile says to ignore all",
      profile("endpoint_url = http://localhost:3\nignore_configured_endpoint_urls = true\n"),
      {},
      undefined,
    ],
  ])("is as the SDK takes it: %s", async (_, config, env, port) => {
    const ours = resolve("dev", { config, env }).sts.endpoint?.value;
    expect(ours).toBe(port && `http://localhost:${port}`);
    expect((await sdkUrl(config, env)).host).toBe(port === undefined ? "sts.eu-west-1.amazonaws.com" : `localhost:${port}`);
  });

  it("remembers where it was found", () => {
    const endpoint = resolve("dev", { config: EVERYTHING }).sts.endpoint;
    expect(endpoint && describeOrigin(endpoint.origin)).toBe("endpoint_url in [services local] (~/.aws/config, line 10)");
  });

  it("of the profile wins over a services section of [default]", () => {
    const config = `[default]\nservices = local\n${profile("endpoint_url = http://localhost:3\n")}${SERVICES}`;
    expect(resolve("dev", { config }).sts.endpoint?.value).toBe("http://localhost:3");
  });

  it("from a services section that does not exist is an error", () => {
    expect(failureOf(() => resolve("dev", { config: profile("services = loacl\n") }))).toEqual({
      code: "config-missing",
      message: "services in [profile dev] (~/.aws/config, line 6) names [services loacl], which does not exist",
      hint: "add [services loacl] to ~/.aws/config",
    });
  });
});

describe("ECR's endpoints", () => {
  const request = (config: string, env: Environment = {}) => ({ name: "dev", files: filesOf({ config }), env, flags: {} });
  const services = "[services local]\necr =\n  endpoint_url = http://localhost:6\necr_public =\n  endpoint_url = http://localhost:7\n";
  const config = `${profile("services = local\nendpoint_url = http://localhost:3\n")}${services}`;

  it.each<[string, string, Environment, (string | undefined)[]]>([
    ["the services section", config, {}, ["6", "7"]],
    [
      "the variables of each",
      config,
      { AWS_ENDPOINT_URL_ECR: "http://localhost:1", AWS_ENDPOINT_URL_ECR_PUBLIC: "http://localhost:2" },
      ["1", "2"],
    ],
    ["endpoint_url", EVERYTHING, {}, ["3", "3"]],
    ["nothing when told to ignore all", config, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, [undefined, undefined]],
  ])("came from the environment alone: %s", (_, text, env, ports) => {
    const found = (["ecr", "ecr_public"] as const).map((service) => endpointOf(service, request(text, env))?.value);
    expect(found).toEqual(ports.map((port) => port && `http://localhost:${port}`));
  });
});

describe("FIPS and dual-stack endpoints", () => {
  it.each<[string, Environment, string]>([
    ["", {}, "sts.eu-west-1.amazonaws.com"],
    ["use_fips_endpoint = true\n", {}, "sts-fips.eu-west-1.amazonaws.com"],
    ["use_dualstack_endpoint = true\n", {}, "sts.eu-west-1.api.aws"],
    ["use_fips_endpoint = true\n", { AWS_USE_FIPS_ENDPOINT: "false" }, "sts.eu-west-1.amazonaws.com"],
    ["", { AWS_USE_FIPS_ENDPOINT: "true", AWS_USE_DUALSTACK_ENDPOINT: "true" }, "sts-fips.eu-west-1.api.aws"],
  ])("are chosen as the SDK does: %j and %j", async (settings, env, host) => {
    const config = profile(settings);
    const { useFips, useDualstack } = resolve("dev", { config, env }).sts;
    expect({ useFips, useDualstack }).toEqual({ useFips: host.includes("fips"), useDualstack: host.endsWith("api.aws") });
    expect((await sdkUrl(config, env)).host).toBe(host);
  });
});

/** Where the SDK would send a request for this profile. */
async function sdkUrl(config: string, env: Environment): Promise<URL> {
  const path = join(folder, `config-${Math.random()}`);
  await fs.writeFile(path, config);
  process.env = {
    PATH: outer["PATH"],
    AWS_CONFIG_FILE: path,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "none"),
    AWS_PROFILE: "dev",
    ...env,
  };
  let sent: { protocol: string; hostname: string; port?: number } | undefined;
  const requestHandler = {
    handle: async (request: { protocol: string; hostname: string; port?: number }) => {
      sent = request;
      throw new Error("not sent");
    },
  };
  const client = new STSClient({
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: requestHandler as never,
    maxAttempts: 1,
  });
  await client.send(new GetCallerIdentityCommand({})).catch(() => {});
  return new URL(`${sent?.protocol}//${sent?.hostname}${sent?.port === undefined ? "" : `:${sent.port}`}`);
}

function profile(settings = ""): string {
  return `[profile dev]\n${COMPLETE}region = eu-west-1\n${settings}`;
}
