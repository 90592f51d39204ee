import { expect, test } from "vitest";

import { perLogin } from "../../src/login/providers/per-login.ts";
import type { SignIn } from "../../src/login/providers/provider.ts";

const signIn = (provider: string, factors: object) => ({ provider, factors }) as SignIn;

test("a login is known where a federation led it (OneLogin behind another provider took it for a new one at each page)", () => {
  const placesOf = perLogin(() => new Set<string>());
  const [one, other] = [{}, {}];
  placesOf(signIn("home.example", one)).add("seen");
  expect(placesOf(signIn("guests.example", one)).has("seen")).toBe(true);
  expect(placesOf(signIn("home.example", other)).size).toBe(0);
});
