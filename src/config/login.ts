/**
 * The layers → how this profile logs in: by the id tokens of a source, at a provider (OIDC or SAML), or not at all, with AWS keys (IAM).
 *
 * The nearest layer that says either decides; where one layer says both, the source. What a cluster puts into every process's environment
 * (AWS_WEB_IDENTITY_TOKEN_FILE) says neither: it names the file of a profile that reads one, and counts as a source only where nothing else
 * says how to log in. IAM is what is left where no layer names a provider or a source of tokens.
 */

import { ConfigError } from "../errors.ts";
import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import type { AwsFiles } from "./files.ts";
import { findChain, iamLogin, missingBase } from "./iam-login.ts";
import { findSetting, layerDepth } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { isBegun, oidcLogin } from "./oidc-login.ts";
import type { Subject } from "./oidc-login.ts";
import { describeOrigin } from "./origin.ts";
import type { Login, Setting, TokenLogin, TokenSource } from "./profile.ts";
import { hasUnknownKeys } from "./unknown-keys.ts";
import { samlLogin } from "./saml-login.ts";
import { checkTokenSource, checkVariableName, splitWords } from "./values.ts";

const DEFAULT_AUDIENCE: Setting<string> = { value: "sts.amazonaws.com", origin: { layer: "built-in" } };

/** @throws ConfigError as `oidcLogin`, `samlLogin` and `iamLogin`, and "config-conflict" for two protocols, or two sources of tokens in one layer. */
export function loginOf(layers: Layers, subject: Subject, files: AwsFiles): Login {
  const [nearest, next] = candidatesOf(layers);
  if (nearest === undefined) return isSaid(layers) ? providerLogin(layers, subject) : unsaidLogin(layers, subject, files);
  if (nearest.depth > providerDepth(layers)) return providerLogin(layers, subject);
  if (next !== undefined && next.depth === nearest.depth) {
    throw conflictError(nearest.said, next.said, "an id token comes from one source: keep one of them");
  }
  return asLogin(nearest.read());
}

/** A place that says where tokens come from. */
interface Candidate {
  readonly said: Setting<string>;
  readonly depth: number;
  readonly read: () => TokenSource;
}

/** The nearest first. */
function candidatesOf(layers: Layers): Candidate[] {
  const ofFiles = { ...layers, env: {} };
  const candidate = (said: Setting<string> | undefined, read: (said: Setting<string>) => TokenSource): Candidate[] =>
    said === undefined ? [] : [{ said, depth: layerDepth(layers, said.origin), read: () => read(said) }];
  const find = (attribute: Attribute) => findSetting(layers, attribute);
  return [
    ...candidate(findSetting(ofFiles, attributes.tokenFile), (said) => ({ kind: "file", path: find(attributes.tokenFile) ?? said })),
    ...candidate(find(attributes.tokenCommand), (said) => ({ kind: "command", words: splitWords(said) })),
    ...candidate(find(attributes.tokenVariable), (said) => ({ kind: "variable", variable: checkVariableName(said) })),
    ...candidate(find(attributes.tokenSource), (said) => ({
      kind: "github",
      name: checkTokenSource(said),
      audience: find(attributes.tokenAudience) ?? DEFAULT_AUDIENCE,
    })),
  ].sort((a, b) => a.depth - b.depth);
}

/** The nearest layer that names a provider; infinity where none does. */
function providerDepth(layers: Layers): number {
  const urls = [attributes.authUrl, attributes.samlAuthUrl].map((attribute) => findSetting(layers, attribute));
  return Math.min(...urls.map((url) => (url === undefined ? Number.POSITIVE_INFINITY : layerDepth(layers, url.origin))));
}

function providerLogin(layers: Layers, subject: Subject): Login {
  const [oidc, saml] = [attributes.authUrl, attributes.samlAuthUrl].map((attribute) => findSetting(layers, attribute));
  if (saml === undefined) return oidcLogin(layers, subject);
  if (oidc === undefined) return samlLogin(layers, saml);
  throw conflictError(oidc, saml, "a profile logs in with OIDC or with SAML: keep one of them");
}

/** Or begun to be said. */
function isSaid(layers: Layers): boolean {
  return isBegun(layers) || findSetting(layers, attributes.samlAuthUrl) !== undefined;
}

/** AWS keys before the cluster's token, as the SDKs rank them. */
function unsaidLogin(layers: Layers, subject: Subject, files: AwsFiles): Login {
  const role = subject.roleArn ?? findSetting(layers, attributes.roleArn)?.value;
  const chain = findChain(layers, files, role);
  if (chain !== undefined) return iamLogin(layers, files, { chain, role });
  const path = findSetting(layers, attributes.tokenFile);
  if (path !== undefined) return asLogin({ kind: "file", path });
  if (hasUnknownKeys(layers)) return oidcLogin(layers, subject);
  throw missingBase(layers, subject, files);
}

function asLogin(source: TokenSource): TokenLogin {
  return { kind: "token", source };
}

function conflictError(one: Setting<string>, other: Setting<string>, hint: string): ConfigError {
  return new ConfigError("config-conflict", `${describeOrigin(one.origin)} and ${describeOrigin(other.origin)} exclude each other`, {
    hint,
  });
}
