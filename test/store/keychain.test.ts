/** The keychain where there is none, and where it does not answer. A real Secret Service is no part of the suite: it needs a desktop. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { openKeychain } from "../../src/store/keychain.ts";

describe.runIf(process.platform === "linux")("on Linux without a Secret Service", () => {
  const outer = process.env["DBUS_SESSION_BUS_ADDRESS"];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keychain-"));
    process.env["DBUS_SESSION_BUS_ADDRESS"] = `unix:path=${join(folder, "nobody")}`;
  });

  afterEach(() => {
    if (outer === undefined) delete process.env["DBUS_SESSION_BUS_ADDRESS"];
    else process.env["DBUS_SESSION_BUS_ADDRESS"] = outer;
    rmSync(folder, { recursive: true });
  });

  const keychain = openKeychain("aws-runas test", { platform: "linux" });

  /** The kernel's keyutils would take it. */
  it.each([
    ["get", () => keychain.get("account")],
    ["set", () => keychain.set("account", new Secret("pw-1234"))],
    ["remove", () => keychain.remove("account")],
  ])("%s fails, says so without the secret, and what it needs", async (_, call) => {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "keychain-unavailable",
      exitStatus: 6,
      message: expect.stringMatching(/^the Secret Service cannot be used: /),
      hint: expect.stringContaining("DBUS_SESSION_BUS_ADDRESS"),
    });
    expect(String(error)).not.toContain("pw-1234");
  });
});
