/** The library as it is packed: installed into a project without a network, imported by Node, its types held against the SDK's by the compiler. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Artefact, artefacts, type Outcome, run } from "./artefacts.ts";
import { setStage, type Stage } from "./stage.ts";

const root = resolve(import.meta.dirname, "../..");
const ARN = "arn:aws:sts::123456789012:assumed-role/developer/alice\n";

let stage: Stage;
let project: string;
let compiled: { status: number | null; output: string };
beforeAll(async () => {
  stage = await setStage();
  project = makeProject();
  compiled = compile();
});
afterAll(async () => {
  await stage.close();
  rmSync(project, { recursive: true });
});

/** With the package as `npm pack` makes it, and beside it what a program that uses the SDK has. */
function makeProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "aws-runas-project-"));
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "aws-runas"), { recursive: true });
  const packed = must("npm", ["pack", "--json", "--offline", "--pack-destination", folder, join(root, "dist/npm")], folder);
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  must("tar", ["-xzf", join(folder, filename), "-C", join(modules, "aws-runas"), "--strip-components=1"], folder);
  for (const scope of ["@aws-sdk", "@smithy", "@types"]) symlinkSync(join(root, "node_modules", scope), join(modules, scope));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  for (const [name, text] of documented()) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "types.ts"), TYPES);
  return folder;
}

/** The files of docs/library.md. */
function documented(): readonly (readonly [name: string, text: string])[] {
  const page = readFileSync(join(root, "docs/library.md"), "utf8");
  return [...page.matchAll(/^```ts file=(\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => [name, text] as const);
}

/** What must be so of the types; a line that expects an error is one itself where there is none. */
const TYPES = `
import type { STSClientConfig } from "@aws-sdk/client-sts";
import type { AwsCredentialIdentityProvider } from "@smithy/types";
import { type AwsRunasOptions, type ErrorCode, fromAwsRunas, LoginError, PersonNeededError, RunasError } from "aws-runas";
export const provider: AwsCredentialIdentityProvider = fromAwsRunas();
export const given: NonNullable<STSClientConfig["credentials"]> = fromAwsRunas({ profile: "x", logger: console });
export const options: AwsRunasOptions = { profile: undefined, env: process.env, signal: AbortSignal.timeout(1), refresh: true };
export const code: ErrorCode = new PersonNeededError("x").code;
export function stepOf(error: RunasError): string | undefined {
  return error instanceof LoginError ? error.step : error.hint;
}
// @ts-expect-error there is no such option
fromAwsRunas({ profil: "x" });
// @ts-expect-error who asks must be able to say something too
fromAwsRunas({ prompts: { ask: () => "", askSecret: () => "", choose: () => 0 } });
// @ts-expect-error not exported: what prints errors is not the library's
import { printable } from "aws-runas";
// @ts-expect-error there is no such code
export const none: ErrorCode = "nix";
`;

function must(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program}: ${stdout}${stderr}`);
  return stdout;
}

function compile(): typeof compiled {
  const settings = ["--strict", "--module", "nodenext", "--moduleResolution", "nodenext", "--target", "es2022", "--types", "node"];
  const more = ["--skipLibCheck", "false", "--exactOptionalPropertyTypes", "--outDir", "."];
  const files = [...documented().map(([name]) => name), "types.ts", "node_modules/aws-runas/index.d.ts"];
  const args = [join(root, "node_modules/.bin/tsc"), "--ignoreConfig", ...settings, ...more, ...files];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

/** The project's own SDK advises a newer Node, unless told not to. */
const quiet = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

function node(args: readonly string[], env: Readonly<Record<string, string>>, input?: string): Promise<Outcome> {
  const program: Artefact = { name: "node", command: [process.execPath] };
  return run(program, args, { env: { AWSRUNAS_STORE: "file", ...env }, cwd: project, ...(input === undefined ? {} : { input }) });
}

describe("the package", () => {
  test("holds for a strict compiler, with the page's examples", () => {
    expect(documented().map(([name]) => name)).toEqual(["caller.ts", "asking.ts"]);
    expect(compiled).toEqual({ status: 0, output: "" });
  });

  test("says who it is for bundlers, and installs nothing but the keychain's optional part", () => {
    const manifest = JSON.parse(readFileSync(join(project, "node_modules/aws-runas/package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      type: "module",
      sideEffects: false,
      exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
      bin: { "aws-runas": "aws-runas.cjs" },
      engines: { node: ">=20.20" },
    });
    expect(Object.keys(manifest)).not.toContain("dependencies");
    expect(Object.keys(manifest["optionalDependencies"] as object)).toEqual(["@napi-rs/keyring"]);
  });

  test("is there for require too", async () => {
    const script = 'process.stdout.write(typeof require("aws-runas").fromAwsRunas)';
    expect(await node(["--input-type=commonjs", "-e", script], {})).toMatchObject({ status: 0, stdout: "function" });
  });

  test("still has the program in it", async () => {
    const { status, stdout } = await node([join(project, "node_modules/aws-runas/aws-runas.cjs"), "--version"], {});
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^aws-runas version \d/) });
  });
});

describe("the page's examples", () => {
  test("caller.ts prints who it is, and writes nothing else", async () => {
    expect(await node(["caller.js"], { ...stage.asAlice, ...quiet })).toEqual({ status: 0, stdout: ARN, stderr: "" });
  });

  test("caller.ts says what is wrong with code and exit status, the class's name kept", async () => {
    const env = { ...stage.env, HOME: project };
    expect(await node(["caller.js"], { ...env, ...quiet })).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^profile-not-found: profile "developer"/),
    });
    const script = 'import("aws-runas").then((m) => m.fromAwsRunas({ profile: "x" })()).catch(({ name }) => process.stdout.write(name))';
    expect((await node(["-e", script], env)).stdout).toBe("ConfigError");
  });

  test("asking.ts asks for the password and shows nothing of it", async () => {
    const home = makeHome();
    const { status, stdout, stderr } = await node(
      ["asking.js"],
      { ...stage.env, ...quiet, HOME: home },
      `${stage.sandbox.users.alice.password}\n`,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: ARN });
    expect(stderr).toMatch(/assword.*: $/);
    expect(stderr).not.toContain(stage.sandbox.users.alice.password);
  });
});

describe("the process", () => {
  test.each(["browser", "device-code", "developer"])("ends by itself when a login for %s is aborted", async (profile) => {
    const script = `import { fromAwsRunas } from "aws-runas";
      const ending = new AbortController();
      const later = () => setTimeout(() => ending.abort(new Error("enough")), 300);
      const ask = () => (later(), new Promise(() => {}));
      const say = (text) => text.startsWith("waiting") && later();
      const prompts = { ask, askSecret: ask, choose: ask, say };
      await fromAwsRunas({ profile: "${profile}", prompts, signal: ending.signal })().catch(({ message }) => console.log(message));`;
    const env = { ...stage.env, HOME: makeHome() };
    const startedAt = Date.now();
    expect(await node(["--input-type=module", "-e", script], env)).toEqual({ status: 0, stdout: "enough\n", stderr: "" });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
  });

  test("ends by itself after a login, at once", async () => {
    const script = `import { fromAwsRunas } from "aws-runas";
      await fromAwsRunas({ profile: "developer" })();
      const gotAt = Date.now();
      process.on("exit", () => console.log(Date.now() - gotAt));`;
    const { status, stdout } = await node(["--input-type=module", "-e", script], { ...stage.asAlice, HOME: makeHome() });
    expect(status).toBe(0);
    expect(Number(stdout)).toBeLessThan(1_000);
  });
});

/** Where nobody has logged in yet; below the project, so that it goes with it. */
function makeHome(): string {
  const home = mkdtempSync(join(project, "home-"));
  mkdirSync(join(home, ".aws"));
  writeFileSync(join(home, ".aws/config"), stage.sandbox.configText);
  return home;
}

describe("what is loaded", () => {
  const preload = join(import.meta.dirname, "programs/imported.mjs");
  const get = 'const { fromAwsRunas } = await import("aws-runas");';

  async function loadedBy(script: string): Promise<string[]> {
    const args = ["--import", preload, "--input-type=module", "-e", script];
    const { status, stderr } = await node(args, stage.asAlice);
    expect(status).toBe(0);
    const urls = [...stderr.matchAll(/^loaded (file:.*)$/gm)].map(([, url = ""]) => fileURLToPath(url));
    return urls.filter((path) => path.includes("/node_modules/aws-runas/"));
  }

  test("by an import: the entry and the errors", async () => {
    const loaded = await loadedBy(`${get} fromAwsRunas({ profile: "developer" });`);
    expect(loaded.map((path) => basename(path)).filter((name) => !name.startsWith("rolldown-runtime"))).toEqual([
      "index.js",
      expect.stringMatching(/^errors-/),
    ]);
  });

  test("for credentials that are kept: neither the SDK nor a parser", async () => {
    const once = `${get} await fromAwsRunas({ profile: "developer" })();`;
    const isHeavy = (path: string) => /AWSSecurityTokenService|DOMParser|noscript/.test(readFileSync(path, "utf8"));
    expect(await node(["--input-type=module", "-e", once], stage.asAlice)).toMatchObject({ status: 0, stderr: "" });
    const warm = await loadedBy(once);
    expect(warm.length).toBeGreaterThan(2);
    expect(warm.filter(isHeavy)).toEqual([]);
    expect((await loadedBy(once.replace("})()", ", refresh: true })()"))).filter(isHeavy)).not.toEqual([]);
  });

  test("and the built program shares its store with it", async () => {
    const once = `${get} process.stdout.write((await fromAwsRunas({ profile: "short" })()).accessKeyId);`;
    const printed = await run(artefacts[0]!, ["-O", "json", "short"], { env: { AWSRUNAS_STORE: "file", ...stage.asAlice } });
    const { stdout } = await node(["--input-type=module", "-e", once], stage.env);
    expect(stdout).toBe((JSON.parse(printed.stdout) as { AccessKeyId: string }).AccessKeyId);
  });
});
