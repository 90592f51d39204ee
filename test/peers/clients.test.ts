/** What the wrapped command's SDK finds, whatever else the user's files and environment hold: the AWS CLI, boto3 and the SDK for JavaScript. */

import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { createRealm } from "./keycloak.ts";

const root = join(import.meta.dirname, "../..");
const clients: Record<string, readonly string[]> = {
  awscli: [join(python, "bin/aws"), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
  boto3: [join(python, "bin/python"), "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"],
  "SDK for JavaScript": [
    process.execPath,
    "-e",
    `const { STSClient, GetCallerIdentityCommand } = require(${JSON.stringify(join(root, "node_modules/@aws-sdk/client-sts"))});
     new STSClient({}).send(new GetCallerIdentityCommand({})).then((answer) => console.log(answer.Arn))`,
  ],
};

/** What may stand in the files and the environment, none of which may win over our credentials. */
const surroundings: Record<string, { config?: string; credentials?: string; env?: Record<string, string> }> = {
  "nothing else": {},
  "static keys in [default] of the credentials file": {
    credentials: "[default]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n",
  },
  "static keys in [default] of the config file": { config: "aws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n" },
  "a credential_process in [default]": { config: "credential_process = /bin/false\n" },
  "an sso session in [default]": {
    config: "sso_start_url = https://sso.example\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = x\n",
  },
  "credentials in the environment": {
    env: { AWS_ACCESS_KEY_ID: "AKIAOTHER", AWS_SECRET_ACCESS_KEY: "other", AWS_SESSION_TOKEN: "stale", AWS_SECURITY_TOKEN: "stale" },
  },
  "container variables in the environment": {
    env: {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/elsewhere",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:9/",
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/nonexistent",
    },
  },
  "web identity variables in the environment": {
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: "/nonexistent", AWS_ROLE_ARN: "arn:aws:iam::1:role/x" },
  },
  "an AWS_PROFILE that names another profile": { env: { AWS_PROFILE: "another" } },
};

beforeAll(async () => {
  const keycloak = { url: inject("keycloakUrl"), stop: async () => {} };
  await createRealm(keycloak, "clients", [{ username: "alice", password: "alice's password" }]);
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  let home: ReturnType<typeof makeHome>;
  afterEach(() => home.remove());

  function surround({ config = "", credentials, env = {} }: (typeof surroundings)[string]): Record<string, string> {
    home = makeHome(
      `[default]
region = eu-central-1
web_identity_auth_url = ${inject("keycloakUrl")}/realms/clients
web_identity_client_id = aws-runas
web_identity_redirect_uri = app:/callback
${config}
[profile my-role]
web_identity_username = alice
role_arn = arn:aws:iam::123456789012:role/developer

[profile another]
aws_access_key_id = AKIAANOTHER
aws_secret_access_key = another
`,
      credentials,
    );
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: inject("motoUrl"), WEB_IDENTITY_PASSWORD: "alice's password", ...env };
  }

  describe.each(Object.keys(clients))("%s", (client) => {
    test.each(Object.keys(surroundings))("finds our credentials beside %s", async (name) => {
      const env = surround(surroundings[name]!);
      const outcome = await run(artefact, ["my-role", "--", ...clients[client]!], { env });
      expect(outcome).toMatchObject({ status: 0, stdout: "arn:aws:sts::123456789012:assumed-role/developer/alice\n" });
    });

    test("finds them in the environment with -E", async () => {
      const env = surround(surroundings["static keys in [default] of the credentials file"]!);
      const outcome = await run(artefact, ["-E", "my-role", ...clients[client]!], { env });
      expect(outcome).toMatchObject({ status: 0, stdout: "arn:aws:sts::123456789012:assumed-role/developer/alice\n" });
    });
  });
});
