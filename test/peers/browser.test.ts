/** The browser flow with a real browser: Chromium at a real Keycloak, on both artefacts; the redirect comes to the port, or is pasted. */

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { createRealm } from "./keycloak.ts";
import { openPane } from "./tmux.ts";

const program = join(import.meta.dirname, "programs/chromium.mjs");
const aws = join(python, "bin/aws");
const whoAmI = [aws, "sts", "get-caller-identity", "--output", "json"];
const password = "alice's_password";

interface Seen {
  readonly url: string;
  readonly text: string;
  readonly colour: string;
  readonly problems: readonly string[];
}

beforeAll(async () => {
  await createRealm({ url: inject("keycloakUrl") }, "browser", [{ username: "alice", password }]);
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  let home: ReturnType<typeof makeHome>;
  afterEach(() => home.remove());

  function freshHome(): Record<string, string> {
    home = makeHome(`[profile my-role]
region = us-east-1
web_identity_auth_url = ${inject("keycloakUrl")}/realms/browser
web_identity_client_id = aws-runas
web_identity_redirect_uri = http://127.0.0.1/callback
role_arn = arn:aws:iam::123456789012:role/developer
`);
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: inject("motoUrl"), PATH: process.env["PATH"] ?? "" };
  }

  test("Chromium logs in, comes back to the port, and shows the page without a complaint", async () => {
    const env = freshHome();
    const resultFile = join(home.path, "result.json");
    const browser = `"${process.execPath}" "${program}" alice "${password}"`;
    const outcome = await run(artefact, ["my-role", ...whoAmI], {
      env: { ...env, AWSRUNAS_BROWSER: browser, RESULT_FILE: resultFile },
      timeoutMs: 90_000,
    });
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("Logged in as alice.") });
    expect(outcome.stdout).toContain("assumed-role/developer/alice");
    await expect.poll(() => existsSync(resultFile), { timeout: 10_000 }).toBe(true);
    const seen = JSON.parse(readFileSync(resultFile, "utf8")) as Seen;
    expect(seen.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
    expect(seen.text).toContain("You are logged in\n\nProfile my-role, as alice.");
    // The policy lets the page's own style through, and the page asks for nothing that it would stop.
    expect(seen).toMatchObject({ colour: "rgb(26, 127, 75)", problems: [] });
  });

  test("over SSH, the address at which a browser elsewhere ends is pasted", async () => {
    const env = { ...freshHome(), SSH_TTY: "/dev/pts/9", WEB_IDENTITY_FLOW: "browser" };
    const pane = openPane([...artefact.command, "my-role", ...whoAmI].map((word) => `'${word}'`).join(" "), env);
    try {
      await pane.shows(/paste that page's address here/);
      const address = /http\S+\/auth\?\S+/.exec(pane.history())?.[0] ?? "";
      const { stdout } = await promisify(execFile)(process.execPath, [program, "alice", password, address], {
        env: { PATH: process.env["PATH"], HOME: home.path, CUT_OFF: "yes" },
        timeout: 90_000,
      });
      const { url } = JSON.parse(stdout) as Seen;
      pane.type(url.replace(/state=[^&]*/, "state=stale"));
      pane.press("Enter");
      await pane.shows(/That address is of another login/);
      pane.type(url);
      pane.press("Enter");
      const screen = await pane.shows(/ended with/);
      expect(screen).toContain("Logged in as alice.");
      expect(screen).toContain("assumed-role/developer/alice");
      expect(screen).toContain("ended with 0");
    } finally {
      pane.close();
    }
  });

  test("Ctrl-C while the browser is out ends the login at once, and the terminal is as before", async () => {
    const words = `${artefact.command.join(" ")} my-role true; echo "status $?"; stty -a`;
    const pane = openPane(words, { ...freshHome(), AWSRUNAS_BROWSER: "true" });
    try {
      await pane.shows(/paste that page's address here/);
      pane.press("C-c");
      const screen = await pane.shows(/status 130[^]* icanon/, 2_000);
      expect(screen).toMatch(/ echo /);
    } finally {
      pane.close();
    }
  });
});
