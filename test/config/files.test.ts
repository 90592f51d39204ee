/** Finding and reading AWS's two files. */

import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadFiles } from "../../src/config/files.ts";
import { profileNames } from "../../src/config/sections.ts";
import { failureOf } from "./files-of.ts";

let home: string;

beforeEach(async () => {
  home = await fs.mkdtemp(join(tmpdir(), "aws-runas-test-"));
  await fs.mkdir(join(home, ".aws"));
});

afterEach(async () => {
  await fs.rm(home, { recursive: true });
});

describe("the files", () => {
  it("are those in ~/.aws, also when the variables are empty", async () => {
    await fs.writeFile(join(home, ".aws/config"), "[profile a]\n");
    await fs.writeFile(join(home, ".aws/credentials"), "[b]\n");
    for (const env of [{}, { AWS_CONFIG_FILE: "", AWS_SHARED_CREDENTIALS_FILE: "" }]) {
      const files = loadFiles(env, home);
      expect(profileNames(files)).toEqual(["a", "b"]);
      expect([files.config.path, files.config.label]).toEqual([join(home, ".aws/config"), "~/.aws/config"]);
      expect([files.credentials.path, files.credentials.label]).toEqual([join(home, ".aws/credentials"), "~/.aws/credentials"]);
    }
  });

  it("are those the variables name, ~/ being the home folder", async () => {
    await fs.writeFile(join(home, "one"), "[profile a]\n");
    await fs.writeFile(join(home, "two"), "[b]\n");
    const files = loadFiles({ AWS_CONFIG_FILE: "~/one", AWS_SHARED_CREDENTIALS_FILE: join(home, "two") }, home);
    expect(profileNames(files)).toEqual(["a", "b"]);
    expect([files.config.path, files.config.label]).toEqual([join(home, "one"), "~/one"]);
  });

  it("are empty when they do not exist, or their folder does not, or is none", async () => {
    await fs.writeFile(join(home, "file"), "");
    for (const path of ["none/config", "file/config"]) {
      const files = loadFiles({ AWS_CONFIG_FILE: join(home, path) }, home);
      expect([files.config.text, files.credentials.text]).toEqual(["", ""]);
    }
  });

  it("may start with a byte order mark", async () => {
    for (const first of ["", "# comment\n", "\n"]) {
      await fs.writeFile(join(home, ".aws/config"), `\u{FEFF}${first}[profile a]\n`);
      expect(profileNames(loadFiles({}, home))).toEqual(["a"]);
    }
  });

  it("are an error that names them when they cannot be read", () => {
    expect(failureOf(() => loadFiles({ AWS_CONFIG_FILE: "~/.aws" }, home))).toMatchObject({
      code: "config-unreadable",
      message: "~/.aws cannot be read",
    });
  });

  it("are an error when a line of either is malformed", async () => {
    await fs.writeFile(join(home, ".aws/credentials"), "[a]\noops\n");
    expect(failureOf(() => loadFiles({}, home))).toMatchObject({
      code: "config-syntax",
      message: expect.stringContaining("~/.aws/credentials, line 2"),
    });
  });
});
