/**
 * Where a login may lead and where secrets may go.
 *
 * - A user name, password or code is posted to the provider's own origins (its issuer's and its authorization endpoint's) and to an https
 *   origin that one of these redirected to; never from https to http, never in a URL. Trust does not go on from there.
 * - Forms without them may lead to their own origin and to any https one; so may redirects, and those from plain http, which is this
 *   machine, to plain http.
 * - A redirect URI is the end: it is never requested.
 */

import { LoginError, printable } from "../../errors.ts";
import { settingKey } from "../../config/setting-key.ts";
import type { Form } from "../../http/form.ts";
import type { Hop } from "../../http/session.ts";
import type { SignIn } from "../providers/provider.ts";
import { type Home, originsOf } from "./home.ts";

export interface FormPolicy {
  /** For `openSession`. */
  readonly onRedirect: (hop: Hop) => "follow" | "stop";
  /** For what a page leads on to without a form; it makes nothing trusted. @throws LoginError `untrusted-destination` */
  readonly onLink: (from: URL, to: URL) => "follow" | "stop";
  /** @throws LoginError `untrusted-destination` */
  readonly checkSubmission: (from: URL, form: Form, holdsSecrets: boolean) => void;
  /** For what a driver sends by itself or gives to be sent. @throws LoginError `untrusted-destination` */
  readonly checkRequest: (to: URL, holdsSecrets: boolean) => void;
  /** True for the provider's own pages: those of its issuer, its authorization endpoint and the origins that its driver names. */
  readonly isHome: (page: URL) => boolean;
  /** A driver knows this origin from the provider itself. Nothing happens for plain http, unless all of the login is on this machine. */
  readonly vouchFor: (url: URL) => void;
}

/** Origins that are trusted besides the provider's. */
export interface NamedOrigins {
  readonly byDriver: readonly string[];
  readonly byProfile: readonly string[];
}

export function createFormPolicy(
  { home, login }: Pick<SignIn, "home" | "login">,
  isEnd: (url: URL) => boolean,
  named: NamedOrigins,
): FormPolicy {
  const trust = startTrust(home, named);
  const refuse = refusalBy(home.issuer.host);
  const check = (from: URL, to: URL, holdsSecrets: boolean): void =>
    holdsSecrets ? checkSecrets(from, to, { trust, refuse, login }) : checkOther(from, to, refuse);
  let secretsUnderWay = false;
  return {
    onRedirect: ({ from, to, resendsBody }) => {
      if (isEnd(to)) return "stop";
      if (!isWeb(to) || isDowngrade(from, to)) refuse("the login is redirected to", to);
      trust.passOn(from, to);
      if (resendsBody) check(from, to, secretsUnderWay);
      return "follow";
    },
    onLink: (from, to) => {
      secretsUnderWay = false;
      if (isEnd(to)) return "stop";
      check(from, to, false);
      return "follow";
    },
    checkSubmission: (from, form, holdsSecrets) => {
      secretsUnderWay = holdsSecrets;
      check(from, form.action, holdsSecrets);
      if (holdsSecrets && form.method === "GET")
        refuse("the login form would put the user name, password or code into a URL of", form.action);
    },
    checkRequest: (to, holdsSecrets) => {
      secretsUnderWay = holdsSecrets;
      if (!isWeb(to) || (to.protocol === "http:" && !trust.isPlain)) refuse("the login leads to", to);
      if (holdsSecrets) check(to, to, true);
    },
    isHome: trust.isHome,
    vouchFor: trust.vouchFor,
  };
}

/** The origins that secrets may go to, which grow as the login goes on. */
interface Trust extends Pick<FormPolicy, "isHome" | "vouchFor"> {
  /** All of the login is on this machine, by plain http. */
  readonly isPlain: boolean;
  includes(url: URL): boolean;
  /** An origin of the provider's own, or one that the profile names, redirected to this one. */
  passOn(from: URL, to: URL): void;
}

function startTrust(at: Home, { byDriver, byProfile }: NamedOrigins): Trust {
  const home = new Set([...originsOf(at), ...byDriver.map((url) => new URL(url).origin)]);
  const own = new Set([...home, ...byProfile]);
  const trusted = new Set(own);
  const isPlain = at.issuer.protocol === "http:";
  return {
    isPlain,
    isHome: (page) => home.has(page.origin),
    includes: (url) => trusted.has(url.origin),
    passOn: (from, to) => {
      if (own.has(from.origin) && to.protocol === "https:") trusted.add(to.origin);
    },
    vouchFor: (url) => {
      if (url.protocol === "https:" || isPlain) trusted.add(url.origin);
    },
  };
}

type Refuse = (what: string, to: URL, hint?: string) => never;

function refusalBy(provider: string): Refuse {
  return (what, to, hint) => {
    const place = printable(to.host === "" ? to.protocol : to.origin);
    const details = { provider, step: "login form", hint };
    throw new LoginError("untrusted-destination", `${what} ${place}, which ${provider} does not vouch for`, details);
  };
}

interface SecretsCheck {
  readonly trust: Trust;
  readonly refuse: Refuse;
  readonly login: SignIn["login"];
}

function checkSecrets(from: URL, to: URL, { trust, refuse, login }: SecretsCheck): void {
  if (trust.includes(to) && !isDowngrade(from, to)) return;
  const hint = `only if that is the provider's: ${settingKey(login, "trusted_origins")} = ${to.origin} in the profile`;
  refuse("the login form would send the user name, password or code to", to, to.protocol === "https:" ? hint : undefined);
}

function checkOther(from: URL, to: URL, refuse: Refuse): void {
  const crosses = from.origin !== to.origin;
  if (!isWeb(to) || (crosses && to.protocol !== "https:")) refuse("the login leads to", to);
}

function isWeb(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "http:";
}

function isDowngrade(from: URL, to: URL): boolean {
  return from.protocol === "https:" && to.protocol !== "https:";
}
