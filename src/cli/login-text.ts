/** Who is logged in and where, as reports say it. */

import type { Login } from "../config/profile.ts";
import { printable } from "../errors.ts";
import { describeSource } from "../login/token-source.ts";

/** "https://id.example.com/realms/x", without what may be a secret in it; or where the tokens come from. */
export function describeLogin(login: Login): string {
  if (login.kind === "token") return printable(describeSource(login.source));
  const { origin, pathname } = new URL(login.authUrl.value);
  return printable(origin + pathname);
}
