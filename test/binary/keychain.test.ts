/** The keychain's native code, which the package for Node takes from an optional dependency. */

import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { artefacts, makeHome, run } from "./artefacts.ts";

const CONFIG = `[profile dev]
web_identity_auth_url = https://login.example.test
web_identity_client_id = client-1
`;

test("the package without its optional dependency says that the keychain needs it", async () => {
  const home = makeHome(CONFIG);
  const [node, program = ""] = artefacts[1]!.command;
  cpSync(dirname(program), join(home.path, "package"), { recursive: true, filter: (path) => !path.includes("node_modules") });
  const copy = { name: "copy", command: [node, join(home.path, "package/aws-runas.cjs")] } as const;
  const outcome = await run(copy, ["password", "--keychain", "dev"], { env: { HOME: home.path }, input: "pw-1234\n" });
  home.remove();
  expect(outcome.status).toBe(6);
  expect(outcome.stderr).toMatch(/@napi-rs\/keyring, an optional dependency, does not load\nhint: .*--omit=optional/);
});
