/**
 * Environment and home folder → AWS's two files, read and checked. Synchronous: at start-up that is the fastest.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
 */

import { readFileSync } from "node:fs";
import { ConfigError } from "../errors.ts";
import type { Environment } from "../world.ts";
import { parseIni } from "./ini.ts";
import type { IniFile } from "./ini.ts";

export interface AwsFiles {
  readonly config: IniFile;
  readonly credentials: IniFile;
  /** What a leading "~/" in a path means. */
  readonly homeDir: string;
}

/**
 * A file that does not exist is an empty one.
 *
 * @throws ConfigError "config-unreadable", and "config-syntax" for a malformed line anywhere.
 */
export function loadFiles(env: Environment, homeDir: string): AwsFiles {
  const [config, credentials] = fileNames(env);
  return { config: loadFile(config, homeDir), credentials: loadFile(credentials, homeDir), homeDir };
}

/** Where the two are, whether or not they exist. */
export function filePaths(env: Environment, homeDir: string): readonly string[] {
  return fileNames(env).map((named) => pathOf(named, homeDir));
}

function fileNames(env: Environment): readonly [config: string, credentials: string] {
  return [env["AWS_CONFIG_FILE"] || "~/.aws/config", env["AWS_SHARED_CREDENTIALS_FILE"] || "~/.aws/credentials"];
}

function loadFile(named: string, homeDir: string): IniFile {
  const path = pathOf(named, homeDir);
  return parseIni(path, named, readText(path, named));
}

function pathOf(named: string, homeDir: string): string {
  return named.startsWith("~/") ? homeDir + named.slice(1) : named;
}

function readText(path: string, label: string): string {
  try {
    return readFileSync(path, "utf8"); // a byte order mark stays: in JavaScript it is white space
  } catch (cause) {
    if (isMissing(cause)) return "";
    throw new ConfigError("config-unreadable", `${label} cannot be read`, {
      cause,
      hint: "check that it is a file and that you may read it",
    });
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}
