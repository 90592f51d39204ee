/**
 * Which certificate authorities are trusted: the runtime's own, plus AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS, each a file of PEM
 * certificates. Node reads the second at start-up by itself, but only where no list is given.
 */

import { readFileSync } from "node:fs";
import tls from "node:tls";

import { ConfigError } from "../errors.ts";
import type { Environment } from "../world.ts";

/**
 * PEM texts for the `ca` option of `node:tls`; undefined leaves the runtime's default.
 *
 * @throws ConfigError `config-unreadable`, `config-value` naming the variable and file
 */
export function trustedCertificates(env: Environment): string[] | undefined {
  const extra = ["AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"].flatMap((variable) => {
    const file = env[variable];
    return file ? [readBundle(variable, file)] : [];
  });
  return extra.length === 0 ? undefined : [...runtimeCertificates(), ...extra];
}

function runtimeCertificates(): readonly string[] {
  // `getCACertificates` (Node 22, Bun) also knows what the runtime was told to trust; Node 20 has only its own list.
  const { getCACertificates } = tls as { getCACertificates?: () => string[] };
  return getCACertificates === undefined ? tls.rootCertificates : getCACertificates();
}

function readBundle(variable: string, file: string): string {
  const text = readFile(variable, file);
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new ConfigError("config-value", `${file}, named by the environment variable ${variable}, holds no PEM certificate`);
  }
  return text;
}

function readFile(variable: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ConfigError("config-unreadable", `cannot read ${file}, named by the environment variable ${variable}`, { cause });
  }
}
