import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { credentialProcessOutput, shellAssignments } from "../../src/exec/print.ts";
import { credentials, profileWith } from "./fixtures.ts";

const request = { credentials, profile: profileWith(), env: {}, platform: "linux" } as const;

describe("lines for a shell", () => {
  it("export the credentials, both regions and the profile's name, in this order", () => {
    expect(shellAssignments(request)).toBe(
      [
        "export AWS_ACCESS_KEY_ID='ASIAOURS'",
        "export AWS_SECRET_ACCESS_KEY='our/secret+key'",
        "export AWS_SESSION_TOKEN='our+session/token=='",
        "export AWS_REGION='eu-west-1'",
        "export AWS_DEFAULT_REGION='eu-west-1'",
        "export AWSRUNAS_PROFILE='dev'",
        "",
      ].join("\n"),
    );
  });

  it("name no region when there is none", () => {
    expect(shellAssignments({ ...request, profile: profileWith({ region: undefined }) })).not.toContain("REGION");
  });

  it("overwrite what another tool left in the shell and botocore would read first", () => {
    const env = { AWS_SECURITY_TOKEN: "stale", AWS_CREDENTIAL_EXPIRATION: "2020-01-01T00:00:00Z" };
    const lines = shellAssignments({ ...request, env });
    expect(lines).toContain("export AWS_SECURITY_TOKEN='our+session/token=='\n");
    expect(lines).toContain("export AWS_CREDENTIAL_EXPIRATION='2026-11-23T10:00:00Z'\n");
  });

  it.each(["it's", "''", "$(touch /tmp/x)", "`id`", 'a"b', "back\\slash", "two\nlines", "-n", "ünï çø"])(
    "survive evaluation by sh: %j",
    (name) => {
      const lines = shellAssignments({ ...request, profile: profileWith({ name }) });
      const value = execFileSync("/bin/sh", ["-c", 'eval "$1"; printf %s "$AWSRUNAS_PROFILE"', "sh", lines], { encoding: "utf8" });
      expect(value).toBe(name);
    },
  );

  it("are for cmd on Windows, where no SHELL is set", () => {
    const windows = { ...request, platform: "win32" } as const;
    expect(shellAssignments(windows)).toContain('set "AWS_ACCESS_KEY_ID=ASIAOURS"\r\n');
    expect(shellAssignments({ ...windows, env: { SHELL: "/usr/bin/bash" } })).toContain("export AWS_ACCESS_KEY_ID='ASIAOURS'\n");
  });

  it("leave out for cmd what cmd cannot quote", () => {
    const lines = shellAssignments({ ...request, platform: "win32", profile: profileWith({ name: 'a" & calc & "' }) });
    expect(lines).not.toContain("calc");
    expect(lines).toContain("AWS_SESSION_TOKEN");
  });
});

it("for credential_process is one line of JSON with whole seconds", () => {
  expect(credentialProcessOutput(credentials)).toBe(
    '{"AccessKeyId":"ASIAOURS","SecretAccessKey":"our/secret+key","SessionToken":"our+session/token==","Version":1,"Expiration":"2026-11-23T10:00:00Z"}\n',
  );
});
