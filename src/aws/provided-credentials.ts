/**
 * Credentials from the SDK's own providers: `credential_process`, IAM Identity Center, `aws login`, an instance's or a container's role.
 *
 * They read AWS's two files once more, by the SDK's rules, so the profile has to be `[profile name]` in the config file. None of them has a
 * limit of time for all that it does: it is set here. Loads the SDK: import this only where something is waited for anyway.
 */

import { fromHttp, fromInstanceMetadata, fromLoginCredentials, fromProcess, fromSSO } from "@aws-sdk/credential-providers";
import { describeOrigin } from "../config/origin.ts";
import type { ProvidedCredentials } from "../config/profile.ts";
import { LoginError, messageOf } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { SigningKeys } from "./client.ts";

export interface ProvidedKeys extends SigningKeys {
  /** Undefined for what does not expire, or does not say when. */
  readonly expiresAt: Date | undefined;
}

const LIMIT_MS = 60_000;

/** What a provider gives. */
export interface Answer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly expiration?: Date | undefined;
}

/** @throws LoginError "token-unavailable" naming the setting, also when it takes longer than a minute */
export async function takeProvided(base: ProvidedCredentials, limitMs = LIMIT_MS): Promise<ProvidedKeys> {
  try {
    return readAnswer(await withLimit(providerOf(base)(), limitMs));
  } catch (cause) {
    throw new LoginError("token-unavailable", `${describeOrigin(base.said.origin)} gives no credentials: ${problemOf(cause, base)}`, {
      provider: base.kind,
      step: "credentials",
      hint: hintFor(base),
      // the SDK's own message has the command's line in it
      ...(base.kind === "process" ? {} : { cause }),
    });
  }
}

/** The SDK's message repeats a program's command line, which may hold a secret, and is the runtime's TypeError where the output is no object. */
function problemOf(cause: unknown, { said }: ProvidedCredentials): string {
  const message = messageOf(cause);
  if (/^Cannot read propert|^(null|undefined) is not an object/.test(message)) return "what it gives are no AWS keys";
  return message
    .replace(/^Command failed: .*/, "the command failed")
    .replaceAll(said.value, "the command")
    .trim();
}

function hintFor({ kind, profile }: ProvidedCredentials): string | undefined {
  if (kind !== "sso" && kind !== "login") return undefined;
  return `log in there first: aws ${kind === "sso" ? "sso login" : "login"} --profile ${profile}`;
}

/** @throws Error for what a program prints as keys and are none: the SDK passes on what it is given. */
export function readAnswer({ accessKeyId, secretAccessKey, sessionToken, expiration }: Answer): ProvidedKeys {
  const parts: unknown[] = [accessKeyId, secretAccessKey, sessionToken ?? accessKeyId];
  if (!parts.every((part) => typeof part === "string" && part !== "")) throw new Error("what it gives are no AWS keys");
  if (expiration !== undefined && Number.isNaN(expiration.getTime())) throw new Error("the end of its keys is no date");
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: sessionToken ? new Secret(sessionToken) : undefined,
    expiresAt: expiration,
  };
}

function providerOf({ kind, profile, files }: ProvidedCredentials): () => Promise<Answer> {
  const options = { profile, filepath: files.credentials, configFilepath: files.config, ignoreCache: true };
  switch (kind) {
    case "process":
      return fromProcess(options);
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
