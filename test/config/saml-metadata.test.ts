/** saml_metadata: where it may stand, and which of two counts. */

import { expect, it } from "vitest";
import { resolveAny, ROLE, type Setup } from "./files-of.ts";

const metadataOf = (line: string, env: Setup["env"] = {}) => {
  const { login } = resolveAny("dev", {
    config: `[profile dev]\nsaml_auth_url = https://id.example.com/sso\nrole_arn = ${ROLE}\n${line}`,
    env,
  });
  return login.kind === "saml" ? login.metadata?.value : login.kind;
};

it.each([
  ["", {}, undefined],
  ["saml_metadata = ~/idp.xml\n", {}, "~/idp.xml"],
  ["", { SAML_METADATA: "https://id.example.com/metadata" }, "https://id.example.com/metadata"],
  ["saml_metadata = ~/idp.xml\n", { SAML_METADATA: "none" }, "none"],
])("with %j in the profile and %j in the environment it is %s", (line, env, expected) => {
  expect(metadataOf(line, env)).toBe(expected);
});
