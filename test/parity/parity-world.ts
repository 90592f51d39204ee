/** A sandbox and a home for each test, with whole commands in process: what the parity tests have in common. */

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { Totp } from "../../sandbox/totp.ts";
import { createHome, runas } from "../flows/test-world.ts";
import type { Answer, Home, Outcome } from "../flows/test-world.ts";

export interface More {
  readonly env?: Record<string, string>;
  readonly answers?: Answer[];
  readonly stdin?: string;
}

export interface ParityWorld {
  readonly sandbox: Sandbox;
  readonly home: Home;
  /** Runs aws-runas as alice, who has a password in her environment. */
  run(argv: readonly string[], more?: More): Promise<Outcome>;
  /** The calls of STS that `action` makes. */
  callsDuring(action: () => Promise<unknown>): Promise<string[]>;
  /** What STS was sent last in a call that names a role, or else in any. */
  lastForm(): Record<string, string>;
  /** The environment that a command run with these words sees. */
  environmentOf(argv: readonly string[], more?: More): Promise<Record<string, string>>;
  /** mia's MFA device. */
  code(): string;
  /** Every file below the home. */
  files(): string[];
  editConfig(edit: (text: string) => string): void;
  /** The files of what is kept, of one kind ("credentials", "token", …) or of any. */
  kept(kind?: string): string[];
  /** How often the OpenID provider was asked for a token. */
  logins(): number;
}

/** Call it once in a file; the properties are those of the test that runs. */
export function parityWorld(): ParityWorld {
  const world = {} as { sandbox: Sandbox; home: Home; totp: Totp };
  beforeEach(async () => {
    const sandbox = await startSandbox();
    Object.assign(world, { sandbox, home: createHome(sandbox.configText), totp: new Totp(sandbox.iamUsers.mia.mfa.totpSecret) });
  });
  afterEach(async () => {
    world.home[Symbol.dispose]();
    await world.sandbox.stop();
  });
  const run = (argv: readonly string[], more: More = {}) => {
    const { sandbox, home } = world;
    return runas(argv, {
      home,
      ...more,
      env: { ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password, ...more.env },
    });
  };
  return {
    get sandbox() {
      return world.sandbox;
    },
    get home() {
      return world.home;
    },
    run,
    async callsDuring(action) {
      const before = world.sandbox.sts.actions().length;
      await action();
      return world.sandbox.sts.actions().slice(before);
    },
    lastForm: () => Object.fromEntries(new URLSearchParams(world.sandbox.sts.requests.at(-1)?.body)),
    async environmentOf(argv, more) {
      const dump = `require("fs").writeFileSync(process.argv[1], JSON.stringify(process.env))`;
      const { status, stderr } = await run([...argv, process.execPath, "-e", dump, world.home.file("env.json")], more);
      if (status !== 0) throw new Error(stderr);
      return JSON.parse(readFileSync(world.home.file("env.json"), "utf8"));
    },
    code() {
      const code = world.totp.code();
      world.totp.accept(code);
      return code;
    },
    files: () =>
      readdirSync(world.home.path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => `${entry.parentPath}/${entry.name}`),
    editConfig(edit) {
      const path = world.home.file(".aws/config");
      writeFileSync(path, edit(readFileSync(path, "utf8")));
    },
    kept(kind = "[a-z]+") {
      const folder = world.home.file(".aws/aws-runas");
      const names = existsSync(folder) ? readdirSync(folder) : [];
      return names.filter((name) => new RegExp(`^${kind}-[0-9a-f]{64}$`).test(name)).map((name) => `${folder}/${name}`);
    },
    logins: () => world.sandbox.provider.requests.filter(({ path }) => path === "/token").length,
  };
}
