/**
 * Entra's sign-in page: which account, where its password is asked for (GetCredentialType), and the password.
 *
 * The request and the answer of GetCredentialType are those of saml2aws (pkg/provider/aad) and DavMail; what its numbers mean is in the
 * page's own script (IfExistsResult, DomainType).
 */

import { settingKey } from "../../config/setting-key.ts";
import type { HttpRequest } from "../../world.ts";
import { PersonNeededError, shorten } from "../../errors.ts";
import { isObject, type Json, objectAt, objectsAt } from "../json.ts";
import { notAnswerable, refusalOf } from "./entra-errors.ts";
import { buildCall, buildPost, type EntraPage, notUnderstood, parseReply, requiredUrl, textOf, urlOf } from "./entra-page.ts";
import type { SignIn } from "./provider.ts";

/** "Not signed in yet", which the first page says. */
const NO_ERRORS = new Set(["", "0", "50058", "50140"]);
/** An account has to be picked; once a name was given, that user is not known in the tenant. */
const PICK = new Set(["16000", "16001"]);
const WRONG_PASSWORD = new Set(["50126", "50193", "50064", "50054"]);
const NO_SUCH_USER = new Set(["50034", "500341"]);

/** What GetCredentialType knows of a user. */
interface Credentials {
  readonly isKnown: boolean;
  /** A personal account, which lives at login.live.com. */
  readonly isPersonal: boolean;
  readonly hasPassword: boolean;
  /** What else the user can log in with, in words. */
  readonly others: readonly string[];
  /** Where the user logs in; empty for here. */
  readonly federation: string;
  readonly flowToken: string;
}

/**
 * The request that goes on from a sign-in page.
 *
 * @throws LoginError `credentials-refused`, `provider-refused`, `page-not-answerable`, `provider-answer`; PersonNeededError; CancelledError
 */
export async function answerSignIn(page: EntraPage, signIn: SignIn): Promise<HttpRequest> {
  const known = await pickSession(page, signIn);
  if (known !== undefined) return known;
  const { about, words } = complaintOf(page, signIn);
  signIn.checkDestination(requiredUrl(page, "urlPost"));
  if (about === "password") return givePassword(page, "", words, signIn);
  const username = await giveName(words, signIn);
  const credentials = await findCredentials(page, username, signIn);
  if (credentials === undefined) return givePassword(page, "", undefined, signIn);
  const { federation, flowToken } = credentials;
  if (federation !== "") return followFederation(federation, signIn);
  checkCredentials(credentials, signIn);
  return givePassword(page, flowToken, undefined, signIn);
}

interface Complaint {
  readonly about: "name" | "password" | "nothing";
  /** Undefined when there is nothing to complain of. */
  readonly words: string | undefined;
}

/**
 * What the page says about the answers so far.
 *
 * @throws LoginError when other answers would not help
 */
function complaintOf({ fields }: EntraPage, signIn: SignIn): Complaint {
  const number = textOf(fields, "sErrorCode");
  const text = shorten(textOf(fields, "sErrTxt").replaceAll(/<[^<>]*>/g, " ")).replace(/\.$/, "");
  if (NO_ERRORS.has(number) || (PICK.has(number) && !signIn.answers.wereGiven)) return { about: "nothing", words: undefined };
  if (WRONG_PASSWORD.has(number)) return { about: "password", words: `${text} (AADSTS${number})`.trim() };
  if (NO_SUCH_USER.has(number)) return { about: "name", words: `${text || "there is no such user"} (AADSTS${number})` };
  throw refusalOf(number, text, signIn);
}

function buildCredentialQuery(page: EntraPage, url: URL, username: string): HttpRequest {
  return buildCall(page, url, {
    username,
    isOtherIdpSupported: true,
    checkPhones: false,
    isRemoteNGCSupported: true,
    isCookieBannerShown: false,
    isFidoSupported: true,
    originalRequest: textOf(page.fields, "sCtx"),
    flowToken: textOf(page.fields, "sFT"),
    isAccessPassSupported: true,
  });
}

function parseCredentials(reply: Json): Credentials {
  const credentials = objectAt(reply, "Credentials");
  const others = { FidoParams: "a passkey", RemoteNgcParams: "phone sign-in", CertAuthParams: "a certificate" };
  const exists = textOf(reply, "IfExistsResult");
  return {
    isKnown: exists !== "1",
    isPersonal: exists === "5" || textOf(objectAt(reply, "EstsProperties"), "DomainType") === "2",
    hasPassword: credentials["HasPassword"] !== false,
    others: Object.entries(others).flatMap(([name, words]) => (isObject(credentials[name]) ? [words] : [])),
    federation: textOf(credentials, "FederationRedirectUrl"),
    flowToken: textOf(reply, "FlowToken"),
  };
}

/** Some pages have found it out already, for a user named in the request. */
async function findCredentials(page: EntraPage, username: string, signIn: SignIn): Promise<Credentials | undefined> {
  const url = urlOf(page, "urlGetCredentialType");
  if (url === undefined) {
    const found = page.fields["oGetCredTypeResult"];
    return isObject(found) ? parseCredentials(found) : undefined;
  }
  const response = await signIn.send(buildCredentialQuery(page, url, username), true);
  return parseCredentials(parseReply(response, signIn.provider));
}

function followFederation(federation: string, signIn: SignIn): HttpRequest {
  if (!URL.canParse(federation)) throw notUnderstood(signIn.provider, "FederationRedirectUrl is no URL");
  const url = new URL(federation);
  signIn.vouchFor(url);
  return { method: "GET", url };
}

function checkCredentials(credentials: Credentials, signIn: SignIn): void {
  const { isKnown, isPersonal, hasPassword, others } = credentials;
  if (isPersonal) throw notAnswerable("the login of a personal Microsoft account", signIn);
  if (!isKnown) throw refusalOf("50034", "", signIn);
  if (hasPassword) return;
  throw notAnswerable(`${others.length === 0 ? "something else than a password" : others.join(" or ")}: this user has no password`, signIn);
}

async function giveName(error: string | undefined, { answers }: SignIn): Promise<string> {
  const { username } = await answers.give({ username: true, error });
  return username ?? "";
}

/** `flowToken` is empty when the page's own is good. */
async function givePassword(page: EntraPage, flowToken: string, error: string | undefined, signIn: SignIn): Promise<HttpRequest> {
  const { answers } = signIn;
  const username = answers.username ?? (await giveName(undefined, signIn));
  const { password } = await answers.give({ password: true, error });
  const tokens = flowToken === "" ? {} : { [textOf(page.fields, "sFTName") || "flowToken"]: flowToken };
  const options = { type: "11", LoginOptions: "3", ps: "2" };
  return buildPost(page, { ...tokens, ...options, login: username, loginfmt: username, passwd: password?.reveal() ?? "" });
}

interface Session {
  readonly id: string;
  readonly name: string;
}

/** The account picker: a session that is signed in, by the profile's user name or the person's choice; undefined to log in afresh. */
async function pickSession(page: EntraPage, signIn: SignIn): Promise<HttpRequest | undefined> {
  const url = urlOf(page, "urlLogin");
  const sessions = objectsAt(page.fields, "arrSessions").flatMap(readSession);
  // One that was picked before and led back here has ended.
  if (url === undefined || sessions.length === 0 || page.url.searchParams.has("sessionid")) return undefined;
  const chosen = await chooseSession(sessions, signIn);
  if (chosen === undefined) return undefined;
  url.searchParams.set("sessionid", chosen.id);
  return { method: "GET", url };
}

function readSession(fields: Json): readonly Session[] {
  const id = textOf(fields, "id");
  return id === "" || fields["isSignedIn"] === false ? [] : [{ id, name: textOf(fields, "name") }];
}

async function chooseSession(sessions: readonly Session[], { answers, login, provider, terminal }: SignIn): Promise<Session | undefined> {
  const { username } = answers;
  if (username !== undefined) return sessions.find(({ name }) => name.toLowerCase() === username.toLowerCase());
  if (sessions.length === 1) return sessions[0];
  if (!terminal.isAvailable) {
    throw new PersonNeededError(`${provider} knows several accounts, and there is no terminal to ask on`, {
      hint: `set ${settingKey(login, "username")} to one of them`,
    });
  }
  const options = sessions.map((session) => ({ value: session, label: shorten(session.name) }));
  return terminal.choose<Session | undefined>(`Account at ${provider}`, [...options, { value: undefined, label: "another account" }]);
}
