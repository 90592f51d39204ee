/**
 * Credentials from `credential_process`, and from the SDK's own providers: IAM Identity Center, `aws login`, an instance's or a container's role.
 *
 * The SDK's read AWS's two files once more, by its rules, so the profile has to be `[profile name]` in the config file. None of them has a
 * limit of time for all that it does: it is set here. Loads the SDK: import this only where something is waited for anyway.
 */

import { fromHttp, fromInstanceMetadata, fromLoginCredentials, fromSSO } from "@aws-sdk/credential-providers";
import { describeOrigin } from "../config/origin.ts";
import type { ProvidedCredentials } from "../config/profile.ts";
import { LoginError, messageOf } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Clock } from "../world.ts";
import type { SigningKeys } from "./client.ts";
import { runCredentialProcess } from "./credential-process.ts";

export interface ProvidedKeys extends SigningKeys {
  /** Undefined for what does not expire, or does not say when. */
  readonly expiresAt: Date | undefined;
}

const LIMIT_MS = 60_000;

/** What a provider gives, or a program prints. */
export interface Answer {
  readonly accessKeyId: unknown;
  readonly secretAccessKey: unknown;
  readonly sessionToken?: unknown;
  readonly expiration?: Date | undefined;
}

/** @throws LoginError "token-unavailable" naming the setting, also when it takes longer than a minute */
export async function takeProvided(base: ProvidedCredentials, clock: Pick<Clock, "now">, limitMs = LIMIT_MS): Promise<ProvidedKeys> {
  const { kind, said } = base;
  try {
    const keys = readAnswer(
      await (kind === "process" ? runCredentialProcess(said.value, limitMs) : withLimit(providerOf(kind, base)(), limitMs)),
    );
    if (keys.expiresAt !== undefined && keys.expiresAt.getTime() <= clock.now()) throw new Error("what it gives has expired");
    return keys;
  } catch (cause) {
    throw new LoginError("token-unavailable", `${describeOrigin(said.origin)} gives no credentials: ${messageOf(cause)}`, {
      provider: kind,
      step: "credentials",
      hint: hintFor(base),
      cause,
    });
  }
}

function hintFor({ kind, profile }: ProvidedCredentials): string | undefined {
  if (kind !== "sso" && kind !== "login") return undefined;
  return `log in there first: aws ${kind === "sso" ? "sso login" : "login"} --profile ${profile}`;
}

/** @throws Error for what are no keys */
function readAnswer({ accessKeyId, secretAccessKey, sessionToken, expiration }: Answer): ProvidedKeys {
  const hasToken = sessionToken !== undefined && sessionToken !== "";
  if (!isText(accessKeyId) || !isText(secretAccessKey) || (hasToken && !isText(sessionToken)))
    throw new Error("what it gives are no AWS keys");
  if (expiration !== undefined && Number.isNaN(expiration.getTime())) throw new Error("the end of its keys is no date");
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: hasToken ? new Secret(sessionToken) : undefined,
    expiresAt: expiration,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function providerOf(kind: Exclude<ProvidedCredentials["kind"], "process">, { profile, files }: ProvidedCredentials): () => Promise<Answer> {
  const options = { profile, filepath: files.credentials, configFilepath: files.config, ignoreCache: true };
  switch (kind) {
    case "sso":
      return fromSSO(options);
    case "login":
      return fromLoginCredentials(options);
    case "ec2":
      return fromInstanceMetadata({ timeout: 2_000, maxRetries: 1 });
    case "ecs":
      return fromHttp({});
  }
}

async function withLimit<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${limitMs / 1000} s`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
