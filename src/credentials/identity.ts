/**
 * The name of the user that keys belong to, after whom roles' sessions are named: asked of STS once, then kept by the key id.
 *
 * A key is never given to another user, but a user may be renamed: so it is asked again after a month.
 */

import type { SigningKeys } from "../aws/client.ts";
import type { Sts } from "../aws/sts.ts";
import type { IamLogin } from "../config/profile.ts";
import { entryKey } from "../store/entry-key.ts";
import { asSingleFlight } from "./flight.ts";
import { loginParts } from "./key.ts";
import { find, type Kept, remember } from "./kept.ts";
import type { CredentialTools } from "./provider.ts";

/** Whom STS says the keys are of. */
export interface KeptIdentity {
  /** "arn:aws:iam::123456789012:user/path/alice". */
  readonly arn: string;
  readonly expiresAt: Date;
}

const DAY_MS = 24 * 3_600_000;
const KEPT_FOR_MS = 30 * DAY_MS;
/** For keys that a program or the SDK provides: it may give another user's tomorrow, and no key id in the configuration would tell. */
const KEPT_FOR_A_WHILE_MS = DAY_MS / 2;

const KEPT_IDENTITY: Kept<KeptIdentity, IamLogin> = {
  kind: "identity",
  keyOf: (login) => entryKey({ ...loginParts(login), partition: login.partition }),
  pack: ({ arn }) => ({ arn }),
  unpack: (stored) => unpackIdentity(stored),
};

/** "alice" of "user/path/alice", "root" of the account's own. */
export function userOf(arn: string): string {
  return arn.split(/[/:]/).at(-1) ?? arn;
}

/** @param keys the user's, or a session's of theirs @throws AwsError from STS */
export async function findUser(login: IamLogin, keys: SigningKeys, { sts, tools }: { sts: Sts; tools: CredentialTools }): Promise<string> {
  const ask = async (): Promise<KeptIdentity> => ({
    arn: (await sts.getCallerIdentity(keys)).arn,
    expiresAt: new Date(tools.clock.now() + (login.base.kind === "keys" ? KEPT_FOR_MS : KEPT_FOR_A_WHILE_MS)),
  });
  const read = find(KEPT_IDENTITY, () => true, tools.store);
  const make = remember(KEPT_IDENTITY, ask, tools.store);
  return userOf((await asSingleFlight(KEPT_IDENTITY, { read, make }, tools)(login)).arn);
}

function unpackIdentity(stored: unknown): KeptIdentity | undefined {
  const arn = typeof stored === "object" && stored !== null && "arn" in stored ? stored.arn : undefined;
  return typeof arn === "string" ? { arn, expiresAt: new Date(0) } : undefined;
}
