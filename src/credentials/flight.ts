/**
 * Single flight by key: however many processes want a thing at once, one gets it and the others read it from the store.
 *
 * A refusal by the provider or STS is shared with those who waited: asking again would be refused again, and enough wrong passwords lock an
 * account. Where the one that was getting it was cancelled, killed or had nobody to ask, the next takes over.
 */

import { singleFlight } from "../store/single-flight.ts";
import type { Getter, Kept } from "./kept.ts";
import type { CredentialTools } from "./provider.ts";

export interface Steps<T, P> {
  /** What is in the store and good. */
  readonly read: Getter<T | undefined, P>;
  /** The work, which leaves its result in the store. */
  readonly make: Getter<T, P>;
}

/** Wraps `make` so that of all who call it for the same thing, in this process and others, one makes it. */
export function asSingleFlight<T, P>(kept: Kept<T, P>, { read, make }: Steps<T, P>, tools: CredentialTools): Getter<T, P> {
  return async (profile) => {
    const name = `${kept.kind}-${await kept.keyOf(profile)}`;
    return singleFlight({ name, read: () => read(profile), make: () => make(profile) }, tools);
  };
}
