/**
 * A source of id tokens → the id token it gives now. Somebody else logged in: a CI service, a cluster, another program.
 *
 * The token is decoded and not verified: STS does that, and nothing else is decided by it. It is not kept either: the source is asked again
 * whenever a token is needed, so one that is replaced is seen.
 */

import { describeOrigin } from "../config/origin.ts";
import type { Origin, TokenLogin, TokenSource } from "../config/profile.ts";
import { entryKey } from "../store/entry-key.ts";
import { Secret } from "../secret.ts";
import type { Clock, Environment, Http, Log, OwnProcess } from "../world.ts";
import { type Claims, decodeClaims, holderText, userOf } from "./claims.ts";
import type { IdToken } from "./id-token.ts";
import { isText } from "./json.ts";
import { readTokenFile } from "./sources/file.ts";
import { sourceError } from "./sources/source-error.ts";
import { readTokenVariable } from "./sources/variable.ts";

export interface SourceTools {
  readonly env: Environment;
  readonly homeDir: string;
}

export interface TokenTools extends SourceTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly process: OwnProcess;
  readonly signal?: AbortSignal | undefined;
  /** Made when a source is a service. */
  readonly openHttp: () => Promise<Http>;
}

/** @throws LoginError `token-unavailable` naming the setting, and what is wrong; also for a token that has expired */
export async function takeToken({ source, presented }: TokenLogin, tools: TokenTools): Promise<IdToken> {
  const { origin } = settingOf(source);
  const text = presented?.reveal() ?? (await textOf(source, tools));
  return asIdToken(text, origin, tools.clock.now());
}

/**
 * Whose tokens a source gives at this moment, and the token where it costs nothing to read: credentials got with it are for its holder alone,
 * though the same file, variable or service may speak for somebody else tomorrow. Nothing tells the holder of a command's tokens before it
 * has run: its words stand for them.
 *
 * @throws LoginError `token-unavailable` for a file or variable that holds no token
 */
export async function identifyHolder(source: TokenSource, tools: SourceTools): Promise<Pick<TokenLogin, "holder" | "presented">> {
  if (source.kind === "command") return {};
  if (source.kind === "github") {
    // Both are a job's own.
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = tools.env;
    return { holder: await entryKey({ url, token }) };
  }
  const text = presentedText(source, tools);
  const holder = await entryKey({ holder: holderText(claimsOf(text, settingOf(source).origin)) });
  return { holder, presented: new Secret(text) };
}

/** The token of a file or variable; undefined for a source that would have to be run or asked. Throws as `takeToken`. */
export function readPresented(source: TokenSource, tools: SourceTools & { readonly clock: Clock }): IdToken | undefined {
  if (source.kind === "command" || source.kind === "github") return undefined;
  return asIdToken(presentedText(source, tools), settingOf(source).origin, tools.clock.now());
}

/** What the source is called in a report: "the file /run/token", "the command vault". */
export function describeSource(source: TokenSource): string {
  switch (source.kind) {
    case "file":
      return `the file ${source.path.value}`;
    case "command":
      return `the command ${source.words.value[0]}`;
    case "variable":
      return `the variable ${source.variable.value}`;
    case "github":
      return `GitHub Actions (audience ${source.audience.value})`;
  }
}

async function textOf(source: TokenSource, tools: TokenTools): Promise<string> {
  switch (source.kind) {
    case "command":
      return (await import("./sources/command.ts")).runTokenCommand(source.words, tools);
    case "github":
      return (await import("./sources/github.ts")).requestToken(source.audience.value, { env: tools.env, http: await tools.openHttp() });
    default:
      return presentedText(source, tools);
  }
}

function presentedText(source: Extract<TokenSource, { kind: "file" | "variable" }>, tools: SourceTools): string {
  return source.kind === "file" ? readTokenFile(source.path, tools.homeDir) : readTokenVariable(source.variable, tools.env);
}

function settingOf(source: TokenSource): { readonly origin: Origin } {
  switch (source.kind) {
    case "file":
      return source.path;
    case "command":
      return source.words;
    case "variable":
      return source.variable;
    case "github":
      return source.name;
  }
}

function claimsOf(text: string, origin: Origin): Claims {
  const claims = decodeClaims(text);
  if (claims === undefined) throw sourceError(`${describeOrigin(origin)}: what it gives is no id token (a JWT)`);
  return claims;
}

function asIdToken(text: string, origin: Origin, now: number): IdToken {
  const claims = claimsOf(text, origin);
  const { iss: issuer, sub: subject, exp } = claims;
  const audience = [claims["aud"]].flat();
  if (!isText(issuer) || !isText(subject) || typeof exp !== "number" || audience.length === 0 || !audience.every(isText)) {
    throw sourceError(`${describeOrigin(origin)}: its token lacks one of iss, sub, aud and exp, which AWS needs`);
  }
  const expiresAt = new Date(exp * 1000);
  if (!(expiresAt.getTime() > now)) throw expiredError(expiresAt, origin);
  return { raw: new Secret(text), issuer, subject, audience, expiresAt, user: userOf(claims) ?? subject };
}

function expiredError(expiresAt: Date, origin: Origin): Error {
  const when = Number.isNaN(expiresAt.getTime()) ? "at an impossible time" : `at ${expiresAt.toISOString()}`;
  return sourceError(`${describeOrigin(origin)}: the id token expired ${when}`, {
    hint: "whoever puts it there has to put a new one; or set this machine's clock, if that is wrong",
  });
}
