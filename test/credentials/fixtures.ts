/** What a test of credentials needs: a clock it moves, a log it reads, tools on a real store in a temporary folder. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { KEPT_TOKEN, remember } from "../../src/credentials/kept.ts";
import type { CredentialTools } from "../../src/credentials/provider.ts";
import type { Profile } from "../../src/config/profile.ts";
import type { IdToken } from "../../src/login/id-token.ts";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/store.ts";
import type { Clock, Environment, Log } from "../../src/world.ts";
import { noBrowser, nobody } from "../fakes/nobody.ts";

export const MINUTE = 60_000;
export const START = Date.parse("2026-11-23T08:00:00Z");

/** Stands still until the test moves it; waiting is real, and short. */
export class TestClock implements Clock {
  time = START;

  now(): number {
    return this.time;
  }

  advance(durationMs: number): void {
    this.time += durationMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, Math.min(durationMs, 50)));
  }
}

export class TestLog implements Log {
  readonly lines: string[] = [];
  warn(message: string): void {
    this.lines.push(`warning: ${message}`);
  }
  info(message: string): void {
    this.lines.push(`info: ${message}`);
  }
  debug(message: string): void {
    this.lines.push(`debug: ${message}`);
  }
}

export interface TestTools extends CredentialTools {
  readonly clock: TestClock;
  readonly log: TestLog;
}

/** A home that goes with the test. */
export async function testHome(): Promise<string> {
  const homeDir = await mkdtemp(join(tmpdir(), "aws-runas-"));
  onTestFinished(() => rm(homeDir, { recursive: true, maxRetries: 3 }));
  return homeDir;
}

/** Two calls with one `homeDir` are two processes of one user, as far as the store goes. */
export async function testTools(options: { homeDir?: string; env?: Environment } = {}): Promise<TestTools> {
  const { homeDir = await testHome(), env = { AWSRUNAS_STORE: "file" } } = options;
  const clock = new TestClock();
  const log = new TestLog();
  const store = openStore({ env, homeDir, platform: process.platform, clock, log });
  return {
    env,
    homeDir,
    platform: process.platform,
    clock,
    log,
    store,
    terminal: nobody,
    browser: noBrowser,
    process,
  };
}

export function credentials(name: string, lifeMinutes = 60, issuedAt = START): Credentials {
  return {
    accessKeyId: `ASIA-${name}`,
    secretAccessKey: new Secret(`secret-${name}`),
    sessionToken: new Secret(`session-${name}`),
    issuedAt: new Date(issuedAt),
    expiresAt: new Date(issuedAt + lifeMinutes * MINUTE),
    assumedRoleArn: `arn:aws:sts::123456789012:assumed-role/${name}/alice`,
  };
}

export function idToken(raw: string, changes: Partial<IdToken> = {}): IdToken {
  return {
    raw: new Secret(raw),
    issuer: "https://id.example.com/realms/main",
    subject: "8f1c",
    audience: ["aws"],
    expiresAt: new Date(START + 5 * MINUTE),
    user: "alice",
    ...changes,
  };
}

/** Leaves a token in the store as a login of this profile would. */
export async function seedToken(profile: Profile, token: IdToken, tools: CredentialTools): Promise<void> {
  await remember(KEPT_TOKEN, async () => token, tools.store)(profile);
}
