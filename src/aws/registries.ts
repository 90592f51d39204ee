/**
 * ECR's registries by the names that people give them: a host, an account, an image, a URL; in every partition, with dual-stack and FIPS hosts.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html and https://docs.aws.amazon.com/general/latest/gr/ecr.html
 */

import { UsageError } from "../errors.ts";

export type Registry =
  | { readonly kind: "private"; readonly host: string; readonly account: string; readonly region: string }
  /** One for everybody; its API is in us-east-1. */
  | { readonly kind: "public"; readonly host: string };

/** What a registry is without its host. */
export interface Defaults {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

const PUBLIC_HOST = "public.ecr.aws";
/** The same by IPv6 too. */
const PUBLIC_DUALSTACK = "ecr-public.aws.com";
const SUFFIXES = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov"];
const DUALSTACK = ["on.aws", "on.amazonwebservices.com.cn", "on.amazonwebservices.eu"];
const PRIVATE = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;
const SUFFIX_OF: Readonly<Record<string, string>> = {
  aws: "amazonaws.com",
  "aws-cn": "amazonaws.com.cn",
  "aws-us-gov": "amazonaws.com",
  "aws-eusc": "amazonaws.eu",
  "aws-iso": "c2s.ic.gov",
  "aws-iso-b": "sc2s.sgov.gov",
  "aws-iso-e": "cloud.adc-e.uk",
  "aws-iso-f": "csp.hci.ic.gov",
};

/** The role's own, where none is named. */
export function ownRegistry({ partition, account, region }: Defaults): Registry {
  const suffix = SUFFIX_OF[partition] ?? "amazonaws.com";
  return { kind: "private", host: `${account}.dkr.ecr.${region}.${suffix}`, account, region };
}

/** @throws UsageError for what is not an ECR registry */
export function readRegistry(word: string, defaults: Defaults): Registry {
  if (/^\d{12}$/.test(word)) return ownRegistry({ ...defaults, account: word });
  const found = registryOfHost(hostOf(word === "public" ? PUBLIC_HOST : word));
  if (found !== undefined) return found;
  throw new UsageError("this is no ECR registry", {
    hint: "name one as 123456789012.dkr.ecr.eu-west-1.amazonaws.com, 123456789012 (in the profile's region) or public",
  });
}

/** Undefined for a host that is not an ECR registry's. */
export function registryOfHost(host: string): Registry | undefined {
  if (host === PUBLIC_HOST || host === PUBLIC_DUALSTACK) return { kind: "public", host };
  const [, account, region, suffix] = PRIVATE.exec(host) ?? [];
  const isEcr = suffix !== undefined && [...SUFFIXES, ...DUALSTACK].includes(suffix);
  return isEcr && account !== undefined && region !== undefined ? { kind: "private", host, account, region } : undefined;
}

/** Of an image or a URL too: "https://host/v2/", "host/repository:tag". */
export function hostOf(word: string): string {
  return word
    .replace(/^https?:\/\//i, "")
    .replace(/[/:].*$/s, "")
    .toLowerCase();
}
