/**
 * One flight a key: however many processes want a thing at once, one gets it and the others read it from the store.
 *
 * Only a refusal is shared with those who waited: asking again would be refused again, and enough wrong passwords lock an account. Where the
 * one in flight was cancelled, killed or had nobody to ask, the next takes over.
 */

import type { Profile } from "../config/profile.ts";
import { AwsError, type ErrorCode, LoginError } from "../errors.ts";
import { singleFlight } from "../store/single-flight.ts";
import type { Getter, Kept } from "./kept.ts";
import type { CredentialTools } from "./provider.ts";

const LOGIN_REFUSALS: ReadonlySet<ErrorCode> = new Set(["provider-refused", "credentials-refused", "code-refused", "page-not-answerable"]);

export interface Steps<T> {
  /** What is in the store and good. */
  readonly read: Getter<T | undefined>;
  /** The work, which leaves its result in the store. */
  readonly make: Getter<T>;
}

/** Wraps `make` so that of all who call it for the same thing, in this process and others, one makes it. */
export function oneAtATime<T>(kept: Kept<T>, { read, make }: Steps<T>, tools: CredentialTools): Getter<T> {
  return async (profile: Profile) => {
    const name = `${kept.kind}-${await kept.keyOf(profile)}`;
    return singleFlight({ name, read: () => read(profile), make: () => make(profile) }, { ...tools, isShared: isRefusal });
  };
}

/** Whether the provider or STS said no, as against a failure on the way to them or on this side. */
export function isRefusal(error: unknown): boolean {
  return error instanceof LoginError ? isLoginRefusal(error) : error instanceof AwsError && error.code === "aws-refused";
}

/** The provider said no to this user, password or code; the same again would only count against the account. */
export function isLoginRefusal(error: unknown): boolean {
  return error instanceof LoginError && LOGIN_REFUSALS.has(error.code);
}
