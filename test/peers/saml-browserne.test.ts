/** SAML in the system's browser: Chromium at a real Keycloak, which posts to a port of this machine; its own descriptor verifies it. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { administer, createRealm } from "./keycloak.ts";

const program = join(import.meta.dirname, "programs/chromium-saml.mjs");
const whoAmI = [join(python, "bin/aws"), "sts", "get-caller-identity", "--output", "json"];
const password = "alice's_password";
const realm = "browserne";
const client = "urn:amazon:webservices";
const principal = "arn:aws:iam::123456789012:saml-provider/keycloak";
const role = "arn:aws:iam::123456789012:role/developer";

interface Seen {
  readonly url: string;
  readonly text: string;
  readonly problems: readonly string[];
}

/** A SAML client as Keycloak makes one for AWS, with the port of this machine as where responses go. */
beforeAll(async () => {
  const server = { url: inject("keycloakUrl") };
  await createRealm(server, realm, [{ username: "alice", password }]);
  const constant = (name: string, value: string) => ({
    name,
    protocol: "saml",
    protocolMapper: "saml-hardcode-attribute-mapper",
    config: {
      "attribute.name": `https://aws.amazon.com/SAML/Attributes/${name}`,
      "attribute.nameformat": "Basic",
      "attribute.value": value,
    },
  });
  const user = {
    name: "RoleSessionName",
    protocol: "saml",
    protocolMapper: "saml-user-property-mapper",
    config: {
      "attribute.name": "https://aws.amazon.com/SAML/Attributes/RoleSessionName",
      "user.attribute": "username",
      "attribute.nameformat": "Basic",
    },
  };
  await administer(server, "POST", `/${realm}/clients`, {
    clientId: client,
    protocol: "saml",
    redirectUris: ["http://localhost:*"],
    attributes: {
      "saml.client.signature": "false",
      "saml.server.signature": "true",
      "saml.assertion.signature": "true",
      "saml.signature.algorithm": "RSA_SHA256",
      "saml.force.post.binding": "true",
      saml_name_id_format: "username",
      saml_force_name_id_format: "true",
    },
    protocolMappers: [constant("Role", `${role},${principal}`), constant("SessionDuration", "3600"), user],
    fullScopeAllowed: false,
  });
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  let home: ReturnType<typeof makeHome>;
  afterEach(() => home.remove());

  async function logIn(more = ""): Promise<{ outcome: Awaited<ReturnType<typeof run>>; resultFile: string }> {
    home = makeHome(`[profile my-role]
region = us-east-1
saml_auth_url = ${inject("keycloakUrl")}/realms/${realm}/protocol/saml
saml_provider = browserne
saml_auth_entityid = ${client}
role_arn = ${role}
${more}`);
    const resultFile = join(home.path, "result.json");
    const outcome = await run(artefact, ["-v", "my-role", ...whoAmI], {
      env: {
        HOME: home.path,
        AWS_ENDPOINT_URL_STS: inject("motoUrl"),
        PATH: process.env["PATH"] ?? "",
        AWSRUNAS_BROWSER: `"${process.execPath}" "${program}" alice "${password}"`,
        RESULT_FILE: resultFile,
      },
      timeoutMs: 90_000,
    });
    return { outcome, resultFile };
  }

  test("Chromium logs in, posts the response to the port, and shows the page without a complaint", async () => {
    const { outcome, resultFile } = await logIn();
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("Logged in as alice.") });
    expect(outcome.stderr).toContain(`/realms/${realm}/protocol/saml/descriptor → 200`);
    expect(outcome.stderr).not.toContain("only AWS verifies");
    expect(outcome.stdout).toContain("assumed-role/developer/alice");
    await expect.poll(() => existsSync(resultFile), { timeout: 10_000 }).toBe(true);
    const seen = JSON.parse(readFileSync(resultFile, "utf8")) as Seen;
    expect(seen.text).toContain("You are logged in\n\nProfile my-role, as alice.");
    expect(seen.problems).toEqual([]);
  });

  test("a response that another realm's metadata does not know is refused, in the browser too", async () => {
    const { outcome, resultFile } = await logIn(`saml_metadata = ${inject("keycloakUrl")}/realms/master/protocol/saml/descriptor\n`);
    expect(outcome).toMatchObject({ status: 4, stdout: "" });
    expect(outcome.stderr).toContain("which the provider's metadata does not name");
    await expect.poll(() => existsSync(resultFile), { timeout: 10_000 }).toBe(true);
    expect((JSON.parse(readFileSync(resultFile, "utf8")) as Seen).text).toContain("The login did not work");
  });
});
