/**
 * A SAML assertion in the store, for the few minutes that AWS takes it: further roles cost no login.
 */

import type { Assertion, OfferedRole } from "../login/saml/assertion.ts";
import { Secret } from "../secret.ts";
import { tokenKey } from "./key.ts";
import { find, type Kept, type LoginHolder } from "./kept.ts";
import type { Store } from "../store/store.ts";
import { isRecord, isText, readDate } from "./stored.ts";

export const KEPT_ASSERTION: Kept<Assertion, LoginHolder> = {
  kind: "assertion",
  keyOf: ({ login }) => tokenKey(login),
  pack: (assertion) => ({ ...assertion, raw: assertion.raw.reveal(), expiresAt: assertion.expiresAt.toISOString() }),
  unpack: unpackAssertion,
};

/** STS has to get it before it expires. */
const MARGIN_MS = 30_000;

/** The kept one, good or not; whoever wants to use it asks `isAssertionUsable`. */
export function findKeptAssertion({ login }: LoginHolder, store: Store): Promise<Assertion | undefined> {
  return login.kind === "saml" ? find(KEPT_ASSERTION, () => true, store)({ login }) : Promise.resolve(undefined);
}

/** @param now milliseconds */
export function isAssertionUsable({ expiresAt }: Assertion, now: number): boolean {
  return expiresAt.getTime() - now > MARGIN_MS;
}

function unpackAssertion(value: unknown): Assertion | undefined {
  if (!isRecord(value)) return undefined;
  const { raw, issuer, user, roles, sessionSeconds } = value;
  const expiresAt = readDate(value["expiresAt"]);
  if (!isText(raw) || typeof issuer !== "string" || typeof user !== "string" || expiresAt === undefined) return undefined;
  if (!Array.isArray(roles) || !roles.every(isOffered)) return undefined;
  if (sessionSeconds !== undefined && typeof sessionSeconds !== "number") return undefined;
  return { raw: new Secret(raw), issuer, user, roles, sessionSeconds, expiresAt };
}

function isOffered(value: unknown): value is OfferedRole {
  return isRecord(value) && isText(value["roleArn"]) && isText(value["principalArn"]);
}
