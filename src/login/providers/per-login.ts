/** What a driver remembers of one login, through all its pages and wherever it leads; gone with the login. */

import type { SignIn } from "./provider.ts";

/** @param begin what is remembered at first */
export function perLogin<T>(begin: () => T): (signIn: SignIn) => T {
  // Of a sign-in this is the same at every page; the rest differs where a federation leads.
  const kept = new WeakMap<SignIn["factors"], T>();
  return ({ factors }) => {
    const found = kept.get(factors) ?? begin();
    kept.set(factors, found);
    return found;
  };
}
