/** AWS's SDK for JavaScript inside the wrapped command finds our credentials first, whatever the user's files and environment hold. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withoutOwnCredentials } from "../../src/config/child-files.ts";
import { loadFiles } from "../../src/config/files.ts";
import { writeChildFiles } from "../../src/exec/child-files.ts";
import { endpointEnvironment, variableEnvironment } from "../../src/exec/environment.ts";
import { startContainerEndpoint } from "../../src/metadata/container.ts";
import { identity, startFakeSts } from "../aws/fake-sts.ts";
import type { FakeSts } from "../aws/fake-sts.ts";
import { credentials as recorded, profileWith } from "./fixtures.ts";
import { run } from "./runtimes.ts";

const client = [process.execPath, fileURLToPath(new URL("programs/sdk-client.mjs", import.meta.url))];
const profile = profileWith();
const credentials = { ...recorded, expiresAt: new Date(Date.now() + 3_600_000) };
const log = { warn: () => {}, info: () => {}, debug: () => {} };

const leftovers = {
  AWS_PROFILE: "no-such-profile",
  AWS_ACCESS_KEY_ID: "AKIASTALE",
  AWS_SECRET_ACCESS_KEY: "stale",
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/stale",
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/no/such/file",
  AWS_WEB_IDENTITY_TOKEN_FILE: "/no/such/file",
  AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/stale",
};
const keys = "aws_access_key_id = AKIAUSER\naws_secret_access_key = users-secret\n";

const homes = [
  { name: "nothing", config: "", credentialsFile: "", env: {} },
  { name: "leftover variables", config: "", credentialsFile: "", env: leftovers },
  { name: "keys in [default] of the credentials file", config: "", credentialsFile: `[default]\n${keys}`, env: {} },
  { name: "keys in [default] of the config file", config: `[default]\n${keys}`, credentialsFile: "", env: {} },
  { name: "keys in [profile default]", config: `[profile default]\n${keys}`, credentialsFile: "", env: {} },
  {
    name: "a credential_process and a role in [default], and everything else",
    config: "[default]\ncredential_process = /bin/false\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = y\n[profile y]\n",
    credentialsFile: `[default]\n${keys}[y]\n${keys}`,
    env: leftovers,
  },
];

let home: string;
let sts: FakeSts;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "aws-runas-home-"));
  sts = await startFakeSts();
  sts.plan(identity);
});
afterEach(async () => {
  await sts.finish();
  await rm(home, { recursive: true });
});

const ours = {
  stdout: "arn:aws:sts::1:assumed-role/r/s\n",
  authorization: expect.stringMatching(/Credential=ASIAOURS\/\d+\/eu-west-1\/sts\//) as unknown,
  token: "our+session/token==",
};

describe.each(homes)("with $name in the way, the SDK uses our credentials and region", ({ config, credentialsFile, env }) => {
  async function userEnvironment(): Promise<Record<string, string>> {
    await mkdir(join(home, ".aws"));
    await writeFile(join(home, ".aws/config"), config);
    await writeFile(join(home, ".aws/credentials"), credentialsFile);
    return { PATH: process.env["PATH"] ?? "", HOME: home, AWS_ENDPOINT_URL_STS: sts.endpoint, ...env };
  }

  async function used(childEnv: Record<string, string>): Promise<unknown> {
    const { stdout } = await run(client, { env: childEnv });
    const headers = sts.requests[0]?.headers;
    return { stdout, authorization: headers?.authorization, token: headers?.["x-amz-security-token"] };
  }

  it("from the endpoint, asked once", async () => {
    const user = await userEnvironment();
    let asked = 0;
    const source = () => Promise.resolve(((asked += 1), credentials));
    const endpoint = await startContainerEndpoint({ credentials: source, log });
    const files = writeChildFiles(withoutOwnCredentials(loadFiles(user, home)), { parentFolder: home, process });
    expect(await used(endpointEnvironment({ env: user, profile, endpoint, files }))).toEqual(ours);
    await endpoint.close();
    expect(asked).toBe(1);
  });

  it("from the environment (-E)", async () => {
    expect(await used(variableEnvironment({ env: await userEnvironment(), profile, credentials }))).toEqual(ours);
  });
});
