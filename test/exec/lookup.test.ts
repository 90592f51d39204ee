import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CommandError } from "../../src/errors.ts";
import { findProgram } from "../../src/exec/lookup.ts";

let folder: string;
let first: string;
let second: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aws-runas-lookup-"));
  [first, second] = [join(folder, "first"), join(folder, "second")];
  await mkdir(join(first, "both-folder"), { recursive: true });
  await mkdir(second);
  await program(join(first, "tool"), 0o644);
  await program(join(second, "tool"), 0o755);
  await program(join(first, "notes"), 0o644);
  await program(join(second, "both-folder"), 0o755);
  await program(join(second, "both-first"), 0o755);
  await program(join(first, "both-first"), 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

async function program(path: string, mode: number): Promise<void> {
  await writeFile(path, "");
  await chmod(path, mode);
}

const find = (word: string, env: Record<string, string> = {}) =>
  findProgram(word, {
    env: { PATH: [join(folder, "none"), first, second].join(delimiter), SHELL: "/usr/bin/zsh", ...env },
    platform: "linux",
  });

function failure(word: string, env: Record<string, string> = {}): CommandError {
  try {
    find(word, env);
  } catch (error) {
    if (error instanceof CommandError) return error;
  }
  throw new Error(`${word} was found`);
}

describe("a word without a slash", () => {
  it("is sought in PATH, from the left", () => {
    expect(find("both-first")).toBe(join(first, "both-first"));
  });

  it("is not what may not be executed, nor a folder", () => {
    expect(find("tool")).toBe(join(second, "tool"));
    expect(find("both-folder")).toBe(join(second, "both-folder"));
  });

  it("that is nowhere gives 127", () => {
    expect(failure("nowhere")).toMatchObject({ code: "command-not-found", exitStatus: 127, message: "command not found: nowhere" });
    expect(failure("")).toMatchObject({ code: "command-not-found" });
  });

  it("that may nowhere be executed gives 126", () => {
    expect(failure("notes")).toMatchObject({
      code: "command-not-executable",
      exitStatus: 126,
      message: `cannot run ${join(first, "notes")}: it is not executable`,
    });
  });

  it("is sought in the usual folders when there is no PATH", () => {
    expect(findProgram("sh", { env: {}, platform: "linux" })).toMatch(/^(\/usr)?\/bin\/sh$/);
  });
});

describe("a word with a slash", () => {
  it("is a path", () => {
    expect(find(join(second, "tool"))).toBe(join(second, "tool"));
    expect(failure("./tool")).toMatchObject({ exitStatus: 127 });
  });

  it("that names a folder gives 126", () => {
    expect(failure(first)).toMatchObject({ exitStatus: 126, message: `cannot run ${first}: it is a folder` });
  });
});

describe("the hint", () => {
  it.each([
    ["-E", "flags of aws-runas go before the profile; what follows the profile is the command"],
    ["cd", "cd is part of the shell, not a program; run: sh -c 'cd …'"],
    ["aws s3 ls", "give the command and its arguments as words of their own, or to a shell: sh -c 'aws s3 ls'"],
    ["ll", "if ll is an alias or a function of your shell, run: zsh -ic 'll …'"],
  ])("for %s says what to do", (word, hint) => {
    expect(failure(word).hint).toBe(hint);
  });
});
