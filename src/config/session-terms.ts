/**
 * The layers → what a role's session is to carry: session policies, tags and a source identity, checked for shape; sizes are STS's to judge.
 *
 * The files' names for tags and source identity, and their variables, are those of aws-vault. AssumeRole takes all of these,
 * AssumeRoleWithWebIdentity and AssumeRoleWithSAML the policies alone, GetSessionToken none: a policy that would not be applied is an error, as
 * whoever asked for it counts on it.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */

import { readFileSync } from "node:fs";
import { ConfigError, messageOf } from "../errors.ts";
import { attributes } from "./attributes.ts";
import type { Attribute, FlagSettings } from "./attributes.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import type { Login, SessionTerms, Setting } from "./profile.ts";
import { checkBoolean, checkSourceIdentity, isInherited } from "./values.ts";

const POLICY_ARN = /^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[!-~]+$/;
const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u;

/** @throws ConfigError "config-value" for what has not its shape, "config-unreadable" for a policy's file. */
export function sessionTerms(layers: Layers, { partition, homeDir }: { partition: string; homeDir: string }): SessionTerms | undefined {
  const find = (attribute: Attribute) => findSetting(layers, attribute);
  refuseEmptyFlags(layers.flags);
  const policy = find(attributes.sessionPolicy);
  const sourceIdentity = find(attributes.sourceIdentity);
  const terms: SessionTerms = {
    policy: policy && readPolicy(policy, homeDir),
    policyArns: withReadOnly(listOf(find(attributes.sessionPolicyArns), isPolicyArn, "ARNs of managed policies"), layers, partition),
    tags: listOf(find(attributes.sessionTags), isTag, "key=value,key=value"),
    transitiveTags: listOf(find(attributes.transitiveTags), (key) => TAG_KEY.test(key), "keys of tags"),
    sourceIdentity: sourceIdentity && checkSourceIdentity(sourceIdentity),
  };
  return Object.values(terms).some((setting) => setting !== undefined) ? terms : undefined;
}

/** For a role that was not known when the terms were read: then --read-only named the policy of "aws". */
export function termsInPartition(terms: SessionTerms | undefined, partition: string): SessionTerms | undefined {
  const { policyArns } = terms ?? {};
  if (policyArns === undefined) return terms;
  const value = policyArns.value.map((arn) => (arn === readOnlyPolicy("aws") ? readOnlyPolicy(partition) : arn));
  return { ...terms, policyArns: { ...policyArns, value } };
}

/** Empty is unset elsewhere: here `--session-policy "$POLICY"` would give more than was asked for. */
function refuseEmptyFlags({ sessionPolicy, sessionPolicyArns }: FlagSettings): void {
  const empty = [sessionPolicy, sessionPolicyArns].find((given) => given?.value === "");
  if (empty !== undefined) throw new ConfigError("config-value", `the flag ${empty.flag} is empty`);
}

/**
 * For AssumeRoleWithWebIdentity and AssumeRoleWithSAML, whose tags and source identity are claims of the token, or attributes of the assertion.
 *
 * @throws ConfigError "config-conflict" for tags where the profile, the environment or a flag asks; inherited ones are left out with a warning.
 */
export function termsOfProof(
  terms: SessionTerms | undefined,
  kind: Exclude<Login["kind"], "iam">,
): { terms: SessionTerms | undefined; warnings: readonly string[] } {
  const { tags, transitiveTags, sourceIdentity, ...policies } = terms ?? {};
  const problems = [tags, transitiveTags, sourceIdentity].flatMap((setting) => (setting === undefined ? [] : [setting]));
  const asked = problems.find(({ origin }) => !isInherited(origin));
  const [call, carriers] =
    kind === "saml" ? ["AssumeRoleWithSAML", "attributes of the assertion"] : ["AssumeRoleWithWebIdentity", "claims of the id token"];
  const reason = `${call} takes no tags and no source identity`;
  if (asked !== undefined) {
    const hint = `they are ${carriers} there, or are given to a role that is reached through a jump role`;
    throw new ConfigError("config-conflict", `${describeOrigin(asked.origin)} cannot be sent: ${reason}`, { hint });
  }
  return { terms: terms && policies, warnings: problems.map(({ origin }) => `${describeOrigin(origin)} is not sent: ${reason}`) };
}

/**
 * For credentials that no role is assumed for.
 *
 * @throws ConfigError "config-conflict" for anything but what [default] says of tags.
 */
export function refuseTerms(terms: SessionTerms | undefined, name: string): void {
  const { policy, policyArns, ...rest } = terms ?? {};
  const asked = [policy, policyArns, ...Object.values(rest).filter((setting) => setting && !isInherited(setting.origin))];
  const first = asked.find((setting) => setting !== undefined);
  if (first === undefined) return;
  throw new ConfigError("config-conflict", `${describeOrigin(first.origin)} has nothing to act on: ${name} assumes no role`, {
    hint: "a session token takes neither policies nor tags: they are for a role",
  });
}

/** JSON as it is, or the file that file:// names. */
function readPolicy({ value, origin }: Setting<string>, homeDir: string): Setting<string> {
  const text = value.startsWith("file://") ? readPolicyFile({ value: value.slice("file://".length), origin }, homeDir) : value;
  try {
    const policy: unknown = JSON.parse(text);
    if (typeof policy === "object" && policy !== null && !Array.isArray(policy)) return { value: JSON.stringify(policy), origin };
  } catch {
    // said below
  }
  throw new ConfigError("config-value", `${describeOrigin(origin)} is no policy in JSON`, {
    hint: "write it in one line, or name its file as file://~/policy.json",
  });
}

function readPolicyFile({ value, origin }: Setting<string>, homeDir: string): string {
  const path = value.startsWith("~/") ? homeDir + value.slice(1) : value;
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new ConfigError("config-unreadable", `${describeOrigin(origin)} names a file that cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function withReadOnly(
  arns: Setting<readonly string[]> | undefined,
  layers: Layers,
  partition: string,
): Setting<readonly string[]> | undefined {
  const flag = findSetting(layers, attributes.readOnly);
  if (flag === undefined || !checkBoolean(flag)) return arns;
  return { value: [...new Set([...(arns?.value ?? []), readOnlyPolicy(partition)])], origin: flag.origin };
}

function readOnlyPolicy(partition: string): string {
  return `arn:${partition}:iam::aws:policy/ReadOnlyAccess`;
}

/** Parted by commas, blanks around them do not count. */
function listOf(
  setting: Setting<string> | undefined,
  isRight: (text: string) => boolean,
  expected: string,
): Setting<readonly string[]> | undefined {
  if (setting === undefined) return undefined;
  const parts = setting.value.split(",").map((part) => part.trim());
  const values = parts.filter((part) => part !== "");
  const wrong = values.find((value) => !isRight(value));
  if (wrong === undefined && values.length > 0) return { value: values, origin: setting.origin };
  throw new ConfigError("config-value", `${describeOrigin(setting.origin)} is "${setting.value}"`, { hint: `expected: ${expected}` });
}

function isPolicyArn(text: string): boolean {
  return POLICY_ARN.test(text);
}

function isTag(text: string): boolean {
  const equals = text.indexOf("=");
  return equals > 0 && TAG_KEY.test(text.slice(0, equals)) && TAG_VALUE.test(text.slice(equals + 1));
}
