/**
 * Who may ask a server of ours: those who know its token, under its own address, and no web page but its own.
 *
 * A page whose name was rebound to 127.0.0.1 sends that name as Host; another page's request carries Origin, and in browsers of today
 * Sec-Fetch-Site; what a proxy or a tricked service passes on carries X-Forwarded-For.
 *
 * @see https://fetch.spec.whatwg.org/#origin-header and https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header
 */

import { failure } from "../answers.ts";
import type { LocalRequest, LocalResponse } from "../listen.ts";
import type { Tokens } from "./tokens.ts";

/** `own`: the server's page as well as programs; `program`: no page at all. */
export type Audience = "own" | "program";

export interface AccessRules {
  /** "127.0.0.1:12319", "localhost:12319": lower case. */
  readonly hosts: ReadonlySet<string>;
  /** Undefined where no route wants one: what does is then refused. */
  readonly tokens: Tokens | undefined;
  /** True where only this machine's own programs are answered, whatever address they came to. */
  readonly isLocalOnly?: boolean;
}

/** Names with the authority's port, lower case: what Host may be. Clients leave out the port 80. */
export function withPortOf(authority: string, names: readonly string[]): readonly string[] {
  const port = authority.slice(authority.lastIndexOf(":"));
  return names.flatMap((name) => (port === ":80" ? [name, name + port] : [name + port])).map((name) => name.toLowerCase());
}

const OWN_SITES: ReadonlySet<string | undefined> = new Set([undefined, "same-origin", "none"]);

/** What is wrong with a request, whatever it asks for; undefined when nothing is. */
export function refuseForeign(request: LocalRequest, audience: Audience, { hosts, isLocalOnly }: AccessRules): LocalResponse | undefined {
  if (isLocalOnly === true && !isOwnAddress(request.peer())) {
    return failure(403, "foreign-peer", "only programs on this machine are answered");
  }
  const host = request.host ?? "";
  if (!hosts.has(host) && !hosts.has(host.toLowerCase())) {
    return failure(403, "foreign-host", "the Host header is not this server's address");
  }
  if ((request.header("x-forwarded-for") ?? request.header("forwarded") ?? request.header("via")) !== undefined) {
    return failure(403, "forwarded", "a request that something passed on is not answered");
  }
  const origin = request.header("origin");
  const isOwnPage = origin === undefined || (audience === "own" && hosts.has(origin.replace(/^http:\/\//, "")));
  if (!isOwnPage || !OWN_SITES.has(request.header("sec-fetch-site"))) {
    return failure(403, "foreign-origin", "a web page of another origin is not answered");
  }
  return undefined;
}

/** A missing and a wrong token are told apart by nothing. */
export function refuseUnknown(request: LocalRequest, { tokens }: AccessRules): LocalResponse | undefined {
  if (tokens?.accepts(request.authorization) === true) return undefined;
  return failure(401, "unauthorized", "the Authorization header is not this server's token");
}

/** Loopback, or the metadata service's address, which is this machine's while it is served. "::ffff:" leads an IPv4 address on an IPv6 socket. */
function isOwnAddress(peer = ""): boolean {
  const address = peer.replace(/^::ffff:/, "");
  return address === "::1" || address === "169.254.169.254" || /^127(\.\d{1,3}){3}$/.test(address);
}
