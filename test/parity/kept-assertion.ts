/** SAML without a provider: an assertion that an earlier login left, and an STS that takes it. */

import { onTestFinished } from "vitest";
import { remember } from "../../src/credentials/kept.ts";
import { KEPT_ASSERTION } from "../../src/credentials/kept-assertion.ts";
import { getCredentials } from "../../src/credentials/provider.ts";
import { Secret } from "../../src/secret.ts";
import { grant, startFakeSts } from "../aws/fake-sts.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { MINUTE, START, testTools } from "../credentials/fixtures.ts";
import { PRINCIPAL, roleArn } from "../fakes/saml-response.ts";
import { samlLoginOf } from "../login/fixtures.ts";

/** A profile whose provider nobody listens at; STS grants its role once. */
export async function samlStage() {
  const [tools, sts] = [await testTools(), await startFakeSts()];
  onTestFinished(() => sts.finish());
  const login = samlLoginOf("http://127.0.0.1:9/saml", { username: "jo" });
  const profile = { ...testProfile({ endpoint: sts.endpoint, roleArn: setting(roleArn("dev")) }), login };
  const assertion = {
    raw: new Secret("PHNhbWw+"),
    issuer: "https://idp.example.com/saml",
    user: "jo@example.com",
    roles: [{ roleArn: roleArn("dev"), principalArn: PRINCIPAL }],
    sessionSeconds: undefined,
    expiresAt: new Date(START + 5 * MINUTE),
  };
  await remember(KEPT_ASSERTION, async () => assertion, tools.store)({ login });
  sts.plan(grant({ expiresAt: new Date(START + 60 * MINUTE) }));
  return { tools, get: (refresh = false) => getCredentials({ profile, refresh }, tools) };
}
