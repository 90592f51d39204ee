/** An AM session's token → the cookie that AM's pages know it by; where AM sets none itself, a browser's script would. */

import { LoginError } from "../../errors.ts";
import type { HttpResponse } from "../../world.ts";
import { parseObject, textAt } from "../json.ts";
import type { AmSession } from "./forgerock-sign-in.ts";
import type { SignIn } from "./provider.ts";

/** RFC 6265 section 4.1.1. */
const COOKIE_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/** `base` is where AM is. @throws LoginError `provider-answer` */
export async function keepAmSession({ tokenId, setCookie }: AmSession, base: string, signIn: SignIn): Promise<void> {
  if (tokenId === undefined || setCookie.some((cookie) => cookie.includes(tokenId))) return;
  const url = new URL(`${base}/json/serverinfo/*`);
  const headers = { accept: "application/json", "accept-api-version": "resource=1.1, protocol=1.0" };
  const name = parseCookieName(await signIn.send({ method: "GET", url, headers }, false));
  if (name === undefined || !COOKIE_VALUE.test(tokenId)) {
    const details = { provider: signIn.provider, step: "login" };
    throw new LoginError("provider-answer", `${signIn.provider} does not say which cookie its session is kept in`, details);
  }
  await signIn.keepCookie(url, `${name}=${tokenId}; Path=/; HttpOnly${url.protocol === "https:" ? "; Secure" : ""}`);
}

function parseCookieName({ status, body }: HttpResponse): string | undefined {
  const name = textAt(parseObject(body), "cookieName");
  return status === 200 && name !== undefined && COOKIE_NAME.test(name) ? name : undefined;
}
