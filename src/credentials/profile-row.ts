/** A profile's name → what lists say of it: its kind, role and source, and whether credentials are kept. Nothing is requested. */

import { parseRoleArn } from "../aws/partition.ts";
import type { FlagSettings } from "../config/attributes.ts";
import type { AwsFiles } from "../config/files.ts";
import { resolveTarget } from "../config/resolve.ts";
import { messageOf } from "../errors.ts";
import type { CredentialTools } from "./provider.ts";
import { findCredentials, unlessUnavailable } from "./status.ts";
import { isUsable } from "./thresholds.ts";

export interface ProfileRow {
  readonly profile: string;
  /** "oidc", "saml", "token", "iam"; null for one that cannot be used. */
  readonly kind: string | null;
  readonly account: string | null;
  readonly role: string | null;
  readonly source: string | null;
  readonly cached: boolean;
  readonly expiresAt: Date | null;
  /** Why it cannot be used. */
  readonly problem?: string;
}

export async function profileRow(
  name: string,
  { files, settings }: { readonly files: AwsFiles; readonly settings: FlagSettings },
  tools: CredentialTools,
): Promise<ProfileRow> {
  const empty = { profile: name, kind: null, account: null, role: null, source: null, cached: false, expiresAt: null };
  try {
    const target = resolveTarget({ name, files, env: tools.env, flags: settings });
    const { source, login, profile } = target;
    const role = profile?.roleArn?.value ?? null;
    const known = { ...empty, kind: login.kind, role, account: role && parseRoleArn(role).account, source: source ?? null };
    const credentials = await unlessUnavailable(() => findCredentials(target, tools)); // a token file that is not there yet
    const isGood = credentials !== undefined && isUsable(credentials, tools.clock.now());
    return { ...known, cached: isGood, expiresAt: isGood ? credentials.expiresAt : null };
  } catch (error) {
    return { ...empty, problem: messageOf(error) };
  }
}
